// Writes goldens/fixtures: the goldens that need no weights or photographs, with their generators. A case whose expected
// values were made from STABLESIG_DATA stays out, with its files.
//   node scripts/copy-goldens.mjs FOLDER-OF-GOLDENS
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { root } from './lib/workspace.mjs'

const from = process.argv[2]
if (!from) throw new Error('which folder of goldens?')
const to = join(root, 'goldens/fixtures')

/** Of autoencoders a few cases of each family, and the weights in the spellings named: all of them are megabytes. */
const FEW = {
  autoencoders: {
    cases: ['kl4-encode-odd', 'kl4-grad', 'klflux2-decode', 'vqgan-decode', 'gaussian', 'quantise-ties', 'taesd-bytes'],
    weights: ['kl4/diffusion_pytorch_model', 'klflux2/', 'vqgan/'],
  },
}
rmSync(to, { recursive: true, force: true })

/** Made from photographs, or with real weights. */
const isFromData = ({ name, file }) => name === 'real' || name.startsWith('real-') || file === 'codec.safetensors'

for (const topic of ['stats', 'formats', 'extractor', 'optim', 'finetune', 'transforms', 'latenttracer', 'tracing']) {
  const cases = casesOf(topic)
  const kept = cases.filter((one) => !isFromData(one))
  const left = new Set(cases.filter((one) => !kept.includes(one)).map(({ file }) => basename(file)))
  mkdirSync(join(to, topic), { recursive: true })
  for (const entry of readdirSync(join(from, topic))) {
    if (!left.has(entry)) cpSync(join(from, topic, entry), join(to, topic, entry), { recursive: true })
  }
  writeCases(topic, kept)
}

for (const [topic, few] of Object.entries(FEW)) {
  const copy = (file) => cpSync(join(from, topic, file), join(to, topic, file))
  const chosen = (file) => few.weights.some((start) => file.startsWith(start))
  copy('make.py')
  const kept = casesOf(topic).filter(({ name }) => few.cases.includes(name))
  for (const { file, args } of kept) {
    copy(file)
    if (!args.weights) continue
    args.weights = Object.fromEntries(Object.entries(args.weights).filter(([, file]) => chosen(file)))
    for (const file of [args.config, ...Object.values(args.weights)]) copy(file)
  }
  writeCases(topic, kept)
}

function casesOf(topic) {
  return JSON.parse(readFileSync(join(from, topic, 'cases.json'), 'utf8'))
}

function writeCases(topic, kept) {
  const lines = kept.map((one) => `  ${JSON.stringify(one)}`)
  writeFileSync(join(to, topic, 'cases.json'), `[\n${lines.join(',\n')}\n]\n`)
}
