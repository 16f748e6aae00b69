// `npx -y pnpm@12 demo`: a decoder is signed with a key, judged through attacks, and its pictures are found among 100,000 users',
// by the same command lines as anybody types. They are told before they run.
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { expandFiles } from '@stablesig/backend-node'
import { run } from 'stablesig'

const ATTACKS = ['none', 'crop:0.5', 'crop:0.1', 'brightness:1.5', 'jpeg:80', 'crop:0.5+brightness:1.5+jpeg:80']
const USERS = 100_000
const OURS = 'signer'

const { values } = parseArgs({
  options: {
    preset: { type: 'string', default: 'balanced' },
    /** Fewer steps than the preset's: for a look at the program, not at its pictures. */
    steps: { type: 'string' },
    pictures: { type: 'string', default: '8' },
    out: { type: 'string', default: 'out/demo' },
  },
})
const { STABLESIG_DATA: data } = process.env
if (!data) {
  console.error(
    'set STABLESIG_DATA to a folder with weights/ and images/{train,val}: docs/weights.md says where they come from',
  )
  process.exit(2)
}
const interrupted = new AbortController()
process.once('SIGINT', () => interrupted.abort())

const folder = resolve(values.out)
const at = (...names: string[]): string => join(folder, ...names)
const weights = (name: string): string => join(data, 'weights', name)
const encoder = ['--encoder', weights('taef2_encoder.pth')]
const extractor = ['--extractor', weights('dec_48b_whit.torchscript.pt')]
// A demonstration begins anew: what an earlier one made is in the way.
for (const name of ['evaluation', 'photographs', 'marked', 'plain'])
  await rm(at(name), { recursive: true, force: true })
await mkdir(at('photographs'), { recursive: true })
for (const file of (await expandFiles([join(data, 'images/val')])).slice(0, Number(values.pictures)))
  await copyFile(file, at('photographs', file.replace(/^.*[/\\]/, '')))

await writeFile(at('signer.key'), await stablesig(['keygen'], 'quiet'), { mode: 0o600 })
await stablesig([
  ...['sign', ...encoder, '--decoder', weights('taef2_decoder.pth'), ...extractor],
  ...['--images', join(data, 'images/train'), '--key-file', at('signer.key'), '--preset', values.preset],
  ...(values.steps === undefined ? [] : ['--steps', values.steps]),
  ...['--held-out', '0', '--out', at('signed.safetensors')],
])

console.log('\nWhat the mark costs and withstands, on photographs that the decoder was not trained on:')
await stablesig([
  ...['evaluate', ...encoder, '--decoder', weights('taef2_decoder.pth'), ...extractor],
  ...['--signed', at('signed.safetensors'), '--key-files', at('signer.key')],
  ...['--images', at('photographs'), '--attacks', ...ATTACKS, '--out', at('evaluation')],
])

console.log(`\nWhose are pictures of the signed decoder, and of the unsigned one, among ${USERS} users:`)
const others = (await stablesig(['keygen', '--count', `${USERS - 1}`], 'quiet')).trimEnd().split('\n')
const ours = (await readFile(at('signer.key'), 'utf8')).trim()
const users = [...others.map((key, i) => `user-${i}\t${key}`), `${OURS}\t${ours}`]
await writeFile(at('users.tsv'), `${users.join('\n')}\n`, { mode: 0o600 })
for (const [name, decoder] of [
  ['marked', at('signed.safetensors')],
  ['plain', weights('taef2_decoder.pth')],
] as const) {
  const made = ['reconstruct', ...encoder, '--decoder', decoder, '--size', '256', '--out', at(name), at('photographs')]
  await stablesig(made, 'quiet')
  await stablesig(['identify', ...extractor, '--registry', at('users.tsv'), at(name)], 'nothing found is no error')
}
console.log(
  `\nThe pictures side by side, with their differences: ${join(relative('.', at('evaluation')), 'index.html')}`,
)
process.exit(0)

/** Runs a command line, shown as it would be typed, and gives what it printed. */
async function stablesig(args: readonly string[], how?: 'quiet' | 'nothing found is no error'): Promise<string> {
  console.log(`\n$ stablesig ${args.map(typed).join(' ')}`)
  let printed = ''
  const code = await run(args, {
    ...{ stdin: process.stdin, env: process.env, signal: interrupted.signal },
    terminalWidth: process.stderr.isTTY ? process.stderr.columns : undefined,
    err: (text) => process.stderr.write(text),
    out(text) {
      printed += text
      if (how !== 'quiet') process.stdout.write(text)
    },
  })
  if (code !== 0 && !(code === 1 && how === 'nothing found is no error')) process.exit(code)
  return printed
}

/** A word of a command line, its path as short as it can be. */
function typed(word: string): string {
  const short = word.startsWith('/') && !relative('.', word).startsWith('..') ? relative('.', word) : word
  return /^[\w./:+=-]+$/.test(short) ? short : `'${short}'`
}
