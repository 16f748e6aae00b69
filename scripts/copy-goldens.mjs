// Writes goldens/fixtures: the goldens that need no weights or photographs, with their generators. A case whose expected
// values were made from STABLESIG_DATA stays out, with its files.
//   node scripts/copy-goldens.mjs FOLDER-OF-GOLDENS
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { root } from './lib/workspace.mjs'

const from = process.argv[2]
if (!from) throw new Error('which folder of goldens?')
const to = join(root, 'goldens/fixtures')
rmSync(to, { recursive: true, force: true })

for (const topic of ['stats', 'formats', 'extractor', 'optim', 'finetune']) {
  const cases = JSON.parse(readFileSync(join(from, topic, 'cases.json'), 'utf8'))
  const kept = cases.filter(({ name }) => name !== 'real' && !name.startsWith('real-'))
  const left = new Set(cases.filter((one) => !kept.includes(one)).map(({ file }) => basename(file)))
  mkdirSync(join(to, topic), { recursive: true })
  for (const entry of readdirSync(join(from, topic))) {
    if (!left.has(entry)) cpSync(join(from, topic, entry), join(to, topic, entry), { recursive: true })
  }
  const lines = kept.map((one) => `  ${JSON.stringify(one)}`)
  writeFileSync(join(to, topic, 'cases.json'), `[\n${lines.join(',\n')}\n]\n`)
}
