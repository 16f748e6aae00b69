// `npx -y pnpm@12 demo`: a decoder is signed with a key, judged through attacks, and its pictures are found among 100,000 users',
// by the same command lines as anybody types. They are told before they run. With our own models, or those of --published.
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { stablesig } from '../command-line.ts'
import { published, shipped } from './material.ts'

const ATTACKS = ['none', 'crop:0.5', 'crop:0.1', 'brightness:1.5', 'jpeg:80', 'crop:0.5+brightness:1.5+jpeg:80']
const USERS = 100_000
const OURS = 'signer'

const { values } = parseArgs({
  options: {
    preset: { type: 'string', default: 'balanced' },
    /** Fewer steps than the preset's: for a look at the program, not at its pictures. */
    steps: { type: 'string' },
    /** The published extractor, another autoencoder and photographs, from the folder STABLESIG_DATA: docs/weights.md. */
    published: { type: 'boolean', default: false },
    /** Photographs of that folder to judge by. */
    pictures: { type: 'string', default: '8' },
    out: { type: 'string', default: 'out/demo' },
  },
})

const folder = resolve(values.out)
const at = (...names: string[]): string => join(folder, ...names)
// A demonstration begins anew: what an earlier one made is in the way.
for (const name of ['evaluation', 'training', 'photographs', 'marked', 'plain'])
  await rm(at(name), { recursive: true, force: true })
await mkdir(folder, { recursive: true })
const { autoencoder, decoder, extractor, training, judged } = values.published
  ? await published(process.env.STABLESIG_DATA, folder, Number(values.pictures))
  : await shipped(folder)

await writeFile(at('signer.key'), await stablesig(['keygen'], 'quiet'), { mode: 0o600 })
await stablesig([
  ...['sign', ...autoencoder, ...extractor, '--images', training, '--key-file', at('signer.key')],
  ...['--preset', values.preset, ...(values.steps === undefined ? [] : ['--steps', values.steps])],
  ...['--held-out', '0', '--out', at('signed.safetensors')],
])

console.log('\nWhat the mark costs and withstands, on photographs that the decoder was not trained on:')
await stablesig([
  ...['evaluate', ...autoencoder, ...extractor],
  ...['--signed', at('signed.safetensors'), '--key-files', at('signer.key')],
  ...['--images', judged, '--attacks', ...ATTACKS, '--out', at('evaluation')],
])

console.log(`\nWhose are pictures of the signed decoder, and of the unsigned one, among ${USERS} users:`)
const others = (await stablesig(['keygen', '--count', `${USERS - 1}`], 'quiet')).trimEnd().split('\n')
const ours = (await readFile(at('signer.key'), 'utf8')).trim()
const users = [...others.map((key, i) => `user-${i}\t${key}`), `${OURS}\t${ours}`]
await writeFile(at('users.tsv'), `${users.join('\n')}\n`, { mode: 0o600 })
for (const [name, made] of [
  ['marked', decoder(at('signed.safetensors'))],
  ['plain', autoencoder],
] as const) {
  await stablesig(['reconstruct', ...made, '--size', '256', '--out', at(name), judged], 'quiet')
  await stablesig(['identify', ...extractor, '--registry', at('users.tsv'), at(name)], 'nothing found is no error')
}
console.log(
  `\nThe pictures side by side, with their differences: ${join(relative('.', at('evaluation')), 'index.html')}`,
)
process.exit(0)
