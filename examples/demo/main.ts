// `npx -y pnpm@12 demo`: a decoder is signed with a key, judged through attacks, and its pictures are found among 100,000 users',
// by the same command lines as anybody types, with our own models and photographs that packages ship. They are told before they run.
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { stablesig } from '../command-line.ts'
import { writeJudged, writeTraining } from '../photographs.ts'

const ATTACKS = ['none', 'crop:0.5', 'crop:0.1', 'brightness:1.5', 'jpeg:80', 'crop:0.5+brightness:1.5+jpeg:80']
const USERS = 100_000
const OURS = 'signer'

const { values } = parseArgs({
  options: {
    preset: { type: 'string', default: 'balanced' },
    /** Fewer than the preset's, of half as many images: a third of the time. What that costs in bits a weaker image loss gives back. */
    steps: { type: 'string', default: '250' },
    batch: { type: 'string', default: '2' },
    'lambda-image': { type: 'string', default: '600' },
    /** What the key is made from, so that everybody sees the same; '' makes a random one. Some keys are harder than others. */
    'key-seed': { type: 'string', default: 'a' },
    out: { type: 'string', default: 'out/demo' },
  },
})
const folder = resolve(values.out)
const at = (...names: string[]): string => join(folder, ...names)
// A demonstration begins anew: what an earlier one made is in the way.
for (const name of ['evaluation', 'training', 'photographs', 'marked', 'plain'])
  await rm(at(name), { recursive: true, force: true })
await mkdir(folder, { recursive: true })
await Promise.all([writeTraining(at('training')), writeJudged(at('photographs'))])

const signed = at('signed.safetensors')
const keygen = ['keygen', ...(values['key-seed'] ? ['--seed', values['key-seed']] : [])]
await writeFile(at('signer.key'), await stablesig(keygen, 'quiet'), { mode: 0o600 })
await stablesig([
  ...['sign', '--images', at('training'), '--key-file', at('signer.key')],
  ...['--preset', values.preset, '--steps', values.steps, '--batch', values.batch],
  ...['--lambda-image', values['lambda-image']],
  ...['--held-out', '0', '--out', signed],
])

console.log('\nWhat the mark costs and withstands, on photographs that the decoder was not trained on:')
await stablesig([
  ...['evaluate', '--signed', signed, '--key-files', at('signer.key'), '--images', at('photographs')],
  ...['--attacks', ...ATTACKS, '--out', at('evaluation')],
])

console.log(`\nWhose are pictures of the signed decoder, and of the unsigned one, among ${USERS} users:`)
const others = (await stablesig(['keygen', '--count', `${USERS - 1}`], 'quiet')).trimEnd().split('\n')
const ours = (await readFile(at('signer.key'), 'utf8')).trim()
const users = [...others.map((key, i) => `user-${i}\t${key}`), `${OURS}\t${ours}`]
await writeFile(at('users.tsv'), `${users.join('\n')}\n`, { mode: 0o600 })
const told = new Map<string, { detected: number; ascribed: number; pictures: number }>()
for (const [name, decoder] of [
  ['marked', ['--decoder', signed]],
  ['plain', []],
] as const) {
  const made = ['reconstruct', ...decoder, '--size', '256', '--out', at(name), at('photographs')]
  await stablesig(made, 'quiet')
  const key = ['--key-file', at('signer.key')]
  const decided = await stablesig(['detect', ...key, at(name)], 'nothing found is no error')
  const named = await stablesig(['identify', '--registry', at('users.tsv'), at(name)], 'nothing found is no error')
  const count = (text: string, wanted: RegExp) => text.match(wanted)?.length ?? 0
  told.set(name, {
    detected: count(decided, /\tdetected\t/g),
    ascribed: count(named, /^[^\t]+\t(?!nobody)/gm),
    pictures: count(decided, /\n/g),
  })
}
console.log()
for (const [name, { detected, ascribed, pictures }] of told)
  console.log(
    `Of ${pictures} ${name} pictures ${detected} carry the key at 1e-6, and ${ascribed} are ascribed to a user of ${USERS}`,
  )
const { detected = 0, pictures = 0 } = told.get('marked') ?? {}
if (detected < pictures)
  console.log(`This key is harder than others for ${values.steps} steps: try --steps 400, or --preset robust`)
console.log(
  `\nThe pictures side by side, with their differences: ${join(relative('.', at('evaluation')), 'index.html')}`,
)
process.exit(0)
