import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openWeights, type TensorData, tensorsHash } from '@stablesig/weights'
import { afterAll, describe, expect, test } from 'vitest'
import { openFile } from '../files/file-source.ts'
import { applyDeltaFile, saveDeltaBetween } from './delta-file.ts'
import type { SaveFormat } from './destination.ts'
import { describeOrigin, withStored } from './signed-origin.ts'
import { type SavedDecoder, writeSigned } from './write-signed.ts'

/* Every form and spelling that models come in, small and random, as other programs wrote them. */

const fixtures = process.env.STABLESIG_GOLDENS ?? join(import.meta.dirname, '../../../../goldens/fixtures')
const given = join(fixtures, 'autoencoders')
const folder = mkdtempSync(join(tmpdir(), 'stablesig-formats-'))
afterAll(() => rmSync(folder, { recursive: true }))

interface Form {
  readonly path: string
  readonly config?: string
  readonly form: SavedDecoder['form']
  /** Tensors of the source that are no model's. */
  readonly leftOut?: number
}
const all: readonly Form[] = [
  { path: 'kl4', form: 'diffusers' },
  { path: 'kl4/diffusion_pytorch_model.safetensors', form: 'checkpoint' },
  { path: 'kl4/ldm.safetensors', config: 'kl4/config.json', form: 'checkpoint' },
  { path: 'kl4/legacy-attention.safetensors', config: 'kl4/config.json', form: 'checkpoint' },
  { path: 'kl4/sd.ckpt', config: 'kl4/config.json', form: 'checkpoint' },
  { path: 'kl16', form: 'diffusers' },
  { path: 'kl16/ldm.safetensors', config: 'kl16/config.json', form: 'checkpoint' },
  { path: 'klflux2', form: 'diffusers' },
  { path: 'klflux2/ldm.safetensors', config: 'klflux2/config.json', form: 'checkpoint' },
  { path: 'vq', form: 'diffusers' },
  { path: 'vq/ldm.safetensors', config: 'vq/config.json', form: 'checkpoint' },
  { path: 'vqgan', form: 'diffusers' },
  { path: 'taesd', form: 'diffusers' },
  { path: 'taesd/decoder.pth', form: 'decoder' },
  { path: 'taef2/decoder.pth', form: 'decoder' },
]
/** Those that are there: a larger set has more of them. */
const forms = all.filter(({ path }) => existsSync(join(given, path)))
const named = (path: string): Form[] => forms.filter((form) => form.path.startsWith(path))

/** Every tensor of a file, as text that can be compared. */
async function tensorsOf(path: string): Promise<Record<string, string>> {
  const source = await openFile(path)
  const { tensors } = await openWeights(source)
  const all: Record<string, string> = {}
  for (const [name, { dtype, shape, read }] of tensors)
    all[name.replace(/^state_dict\//, '')] = `${dtype} [${shape}] ${Buffer.from(await read()).toString('hex')}`
  await source.close()
  return all
}

/** Writes a model again, its decoder's tensors as `change` leaves them. */
async function rewritten(
  form: Form,
  out: string,
  change: (data: Uint8Array) => Uint8Array = (data) => data,
  format: SaveFormat = 'same',
): Promise<SavedDecoder> {
  const autoencoder = await described(form)
  return withStored(autoencoder, async (opened, stored) => {
    const tensors = new Map<string, TensorData>()
    for (const [name, { dtype, shape, read }] of stored) tensors.set(name, { dtype, shape, data: change(await read()) })
    return writeSigned(out, { autoencoder, opened, stored, tensors, format })
  })
}

const described = ({ path, config }: Form) => describeOrigin(join(given, path), config && join(given, config))
/** The config.json of the folder that a file lies in. */
const configBeside = (path: string): string | undefined => {
  const beside = path.replace(/[^/]+$/, 'config.json')
  return existsSync(join(given, beside)) ? beside : undefined
}
/** The lowest bit of each byte, turned around. */
const flipped = (data: Uint8Array): Uint8Array => data.map((byte) => byte ^ 1)
const decoderNames = async (form: Form): Promise<Set<string>> => new Set((await described(form)).decoder.names.values())
/** Where the weights of a form are, in the source or in what was written. */
const weightsIn = (path: string): string =>
  statSync(path).isDirectory()
    ? join(path, readdirSync(path).find((name) => /^diffusion.*safetensors$/.test(name)) ?? 'no weights')
    : path

describe.skipIf(!existsSync(given))('a form', () => {
  test.each(forms)('$path comes out as it came in, and only its decoder when it changed', async (form) => {
    const name = form.path.replaceAll('/', '-')
    const [same, changed] = [join(folder, `${name}-same`), join(folder, `${name}-changed`)].map((out) =>
      form.form === 'diffusers' ? out : `${out}.safetensors`,
    ) as [string, string]
    const from = weightsIn(join(given, form.path))
    const before = await tensorsOf(from)
    const saved = await rewritten(form, same)
    expect(saved.form).toBe(form.form)
    expect(saved.card.source.tensorsSha256).toBe(saved.card.output.tensorsSha256)
    expect(await tensorsOf(weightsIn(same))).toEqual(before)
    if (/\.safetensors$/.test(from)) expect(readFileSync(weightsIn(same))).toEqual(readFileSync(from))
    if (form.form === 'diffusers')
      expect(readFileSync(join(same, 'config.json'))).toEqual(readFileSync(join(given, form.path, 'config.json')))

    await rewritten(form, changed, flipped)
    const after = await tensorsOf(weightsIn(changed))
    expect(Object.keys(after).sort()).toEqual(Object.keys(before).sort())
    const decoder = await decoderNames(form)
    for (const [tensor, bytes] of Object.entries(before))
      expect([tensor, after[tensor] === bytes]).toEqual([tensor, !decoder.has(tensor)])
    // What was written is read as what came in was.
    const config = form.config ?? (form.form === 'diffusers' ? undefined : configBeside(form.path))
    const again = await describeOrigin(changed, config && join(given, config))
    expect(again.decoder).toEqual((await described(form)).decoder)
  })

  test.each([...named('kl4/sd.ckpt'), ...named('vqgan/ldm')])(
    'of a decoder alone has its tensors under the names that came in: $path',
    async (form) => {
      const out = join(folder, `${form.path.slice(0, 3)}-alone.safetensors`)
      const { card } = await rewritten(form, out, flipped, 'safetensors')
      const all = await tensorsOf(join(given, form.path))
      const alone = await tensorsOf(out)
      expect(Object.keys(alone).sort()).toEqual([...(await decoderNames(form))].sort())
      expect(card.output.leftOut).toBe(Object.keys(all).length - Object.keys(alone).length)
    },
  )

  test.each([...named('kl'), ...named('vq')])('of $path is there under the names of both projects', async (form) => {
    const stem = join(folder, `both-${form.path.replaceAll('/', '-')}`)
    const cameAsFolder = form.form === 'diffusers'
    const { card } = await rewritten(
      form,
      cameAsFolder ? `${stem}.safetensors` : stem,
      flipped,
      cameAsFolder ? 'ldm' : 'diffusers',
    )
    expect(card.output.form).toBe(cameAsFolder ? 'checkpoint' : 'diffusers')
    // The hash is of the model's own names: read again, what was written is the same decoder.
    const [kind] = form.path.split('/')
    const again = await describeOrigin(cameAsFolder ? `${stem}.safetensors` : stem, join(given, `${kind}/config.json`))
    const hash = await withStored(again, (_, stored) => tensorsHash(stored))
    expect(hash).toBe(card.output.tensorsSha256)
    const folderOf = cameAsFolder ? join(given, form.path) : stem
    const fileOf = cameAsFolder ? `${stem}.safetensors` : join(given, form.path)
    const [a, b] = [await tensorsOf(weightsIn(folderOf)), await tensorsOf(fileOf)]
    if (!cameAsFolder)
      expect(Object.keys(a).sort()).toEqual(
        Object.keys(await tensorsOf(join(given, `${kind}/diffusion_pytorch_model.safetensors`))).sort(),
      )
    else if (existsSync(join(given, `${kind}/ldm.safetensors`)))
      expect(Object.keys(b).sort()).toEqual(
        Object.keys(await tensorsOf(join(given, `${kind}/ldm.safetensors`)))
          .map((name) => name.replace('first_stage_model.', ''))
          // Losses of its training, which are no model's.
          .filter((name) => !name.startsWith('loss.'))
          .sort(),
      )
  })

  test.each([...named('taesd').slice(0, 1), ...named('taef2')])('of $path has no other one', async (form) => {
    const format = form.form === 'diffusers' ? 'ldm' : 'diffusers'
    await expect(rewritten(form, join(folder, 'none'), flipped, format)).rejects.toMatchObject({
      code: 'unsupported',
    })
  })

  test('and another of the same weights have the same decoder: a delta of one applies to the others', async () => {
    const [diffusers, ...others] = named('kl4')
    if (!diffusers) throw new Error('no kl4 among the fixtures')
    const signed = join(folder, 'kl4-signed')
    const { card } = await rewritten(diffusers, signed, (data) =>
      data.map((byte, i) => (i % 4 === 1 ? byte ^ 3 : byte)),
    )
    const delta = join(folder, 'kl4.delta')
    const made = await saveDeltaBetween(delta, join(given, 'kl4'), signed)
    expect(made.resultHash).toBe(card.output.tensorsSha256)
    for (const [i, { path, config }] of others.entries()) {
      const out = join(folder, `applied-${i}.safetensors`)
      const applied = await applyDeltaFile(out, join(given, path), delta, config ? { config: join(given, config) } : {})
      expect(applied.card.output.tensorsSha256).toBe(card.output.tensorsSha256)
    }
  })
})
