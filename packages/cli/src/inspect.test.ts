import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ready, sha256File, writeFileAtomic, writePng } from '@stablesig/backend-node'
import { extractorState, tinyState } from '@stablesig/testing/networks'
import { type StateTensor, streamSafetensors } from '@stablesig/weights'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { stablesig } from './testing.ts'

const folder = mkdtempSync(join(tmpdir(), 'stablesig-inspect-'))
const at = (...names: string[]) => join(folder, ...names)
afterAll(() => rmSync(folder, { recursive: true }))

type Tensors = ReadonlyMap<string, StateTensor>
const tiny = { width: 4, latentChannels: 4, pooled: false, spelling: 'diffusers' } as const
const [encoder, decoder] = [tinyState('encoder', tiny).tensors, tinyState('decoder', tiny).tensors]
const save = async (path: string, tensors: Tensors) =>
  writeFileAtomic(path, (await streamSafetensors(tensors, { format: 'pt' })).chunks())
const SHARDS = ['model-1.safetensors', 'model-2.safetensors'] as const

beforeAll(async () => {
  await ready({ device: 'cpu' })
  await save(at('extractor'), extractorState({ bits: 8, channels: 4, blocks: 1, prefix: '0.', whiten: true }).tensors)
  mkdirSync(at('pipeline/vae'), { recursive: true })
  await save(at('pipeline/vae/diffusion_pytorch_model.safetensors'), new Map([...encoder, ...decoder]))
  writeFileSync(
    at('pipeline/vae/config.json'),
    JSON.stringify({ _class_name: 'AutoencoderTiny', latent_channels: 4, scaling_factor: 0.5 }),
  )
  mkdirSync(at('shards'))
  await save(at('shards', SHARDS[0]), encoder)
  await save(at('shards', SHARDS[1]), decoder)
  const map = [encoder, decoder].flatMap((part, i) => [...part.keys()].map((name) => [name, SHARDS[i]]))
  writeFileSync(at('shards/model.safetensors.index.json'), JSON.stringify({ weight_map: Object.fromEntries(map) }))
  await save(at('encoder.safetensors'), encoder)
  await save(at('decoder.safetensors'), decoder)
  const torn = new Map(decoder)
  torn.delete('decoder.layers.2.conv.0.weight')
  await save(at('torn.safetensors'), torn)
  await save(at('other.safetensors'), new Map([['some.weight', decoder.values().next().value!]]))
  await writePng(at('photo.png'), { name: 'photo', width: 24, height: 16, data: new Uint8Array(24 * 16 * 3).fill(99) })
})

async function inspect(...words: string[]) {
  const { code, out, err } = await stablesig(['inspect', '--json', ...words])
  expect([code, err]).toEqual([0, ''])
  return JSON.parse(out)
}

describe('inspect', () => {
  test('an extractor', async () => {
    const { holds, ...about } = await inspect(at('extractor'))
    expect(holds).toMatchObject({
      ...{ kind: 'extractor', layout: 'TorchScript extractor', bits: 8, channels: 4, convolutions: 2 },
      ...{ whitened: true, missing: [], unexpected: [], wrong: [], dtypes: ['float32'] },
    })
    expect(about).toMatchObject({ format: 'safetensors', metadata: { format: 'pt' }, dtypes: { float32: 18 } })
    expect(about.sha256).toBe(await sha256File(at('extractor')))
    const { out } = await stablesig(['inspect', at('extractor')])
    expect(out).toMatch(/^holds {5}an extractor of 8 bits, whitened; TorchScript extractor names$/m)
    expect(out).toMatch(/^missing {3}nothing$/m)
  })

  test('the autoencoder of a pipeline folder, with what its config.json says', async () => {
    const { holds, ...about } = await inspect(at('pipeline'))
    expect(holds).toMatchObject({
      ...{ kind: 'autoencoder', family: 'tiny', layout: 'diffusers AutoencoderTiny', parts: ['encoder', 'decoder'] },
      ...{ latentChannels: 4, downscale: 8, prefix: '', missing: [], tensors: encoder.size + decoder.size },
      scaling: { kind: 'affine', scale: 0.5, shift: 0 },
    })
    expect(about).toMatchObject({ file: at('pipeline'), config: at('pipeline/vae/config.json') })
    expect((await stablesig(['inspect', at('pipeline')])).out).toMatch(/8x8 pixels, scale 0\.5$/m)
  })

  test('shards: one model, a checksum a file', async () => {
    const { holds, files, sha256, tensors } = await inspect(at('shards'))
    expect(holds).toMatchObject({ kind: 'autoencoder', parts: ['encoder', 'decoder'] })
    expect([sha256, tensors.length]).toEqual([null, encoder.size + decoder.size])
    expect(files).toMatchObject([
      { sha256: await sha256File(at('shards', SHARDS[0])) },
      { file: at('shards', SHARDS[1]) },
    ])
  })

  test('half of one, and what is missing of it', async () => {
    expect((await inspect(at('decoder.safetensors'))).holds).toMatchObject({ parts: ['decoder'], missing: [] })
    expect((await inspect(at('torn.safetensors'))).holds).toMatchObject({
      ...{ kind: 'autoencoder', missing: ['decoder.layers.2.conv.0.weight'] },
    })
    const { out } = await stablesig(['inspect', at('torn.safetensors')])
    expect(out).toMatch(/^missing {3}1: decoder\.layers\.2\.conv\.0\.weight$/m)
  })

  test('what is no network known here', async () => {
    expect((await inspect(at('other.safetensors'))).holds).toEqual({
      ...{ kind: 'unknown', reason: expect.stringContaining('no tensor of an autoencoder among its 1') },
    })
  })

  test('a file above 256 MB is not read for its checksum unless that is asked for', async () => {
    const header = '{"big":{"dtype":"F32","shape":[67108865],"data_offsets":[0,268435460]}}'
    const bytes = Buffer.alloc(8 + header.length)
    bytes.writeBigUInt64LE(BigInt(header.length))
    bytes.write(header, 8)
    writeFileSync(at('big.safetensors'), bytes)
    truncateSync(at('big.safetensors'), bytes.length + 268435460)
    expect(await inspect(at('big.safetensors'))).toMatchObject({ sha256: null, parameters: 67108865 })
    expect((await stablesig(['inspect', at('big.safetensors')])).out).toMatch(/^sha256 {4}not computed: --sha256/m)
  })

  test.each([
    [['none.safetensors'], /none\.safetensors: no such file or folder \(io\)/],
    [['decoder.safetensors', '--config', 'none.yaml'], /none\.yaml: no such file/],
    [['decoder.safetensors', '--config', 'photo.png'], /photo\.png: not a configuration/],
  ])('%j is an error', async (names, message) => {
    const words = names.map((name) => (name.startsWith('--') ? name : at(name)))
    const { code, out, err } = await stablesig(['inspect', ...words])
    expect([code, out]).toEqual([2, ''])
    expect(err).toMatch(message)
  })
})

describe('an autoencoder for a command', () => {
  const reconstruct = (...words: string[]) =>
    stablesig(['reconstruct', '--out', at('out'), '--json', ...words, at('photo.png')])

  test('in one place or in two gives the same', async () => {
    const [photo, hashes] = [at('out', 'photo.png'), new Set<string>()]
    for (const named of [
      ['--autoencoder', at('pipeline')],
      ['--autoencoder', at('shards/model.safetensors.index.json')],
      ['--encoder', at('pipeline'), '--decoder', at('decoder.safetensors')],
      ['--encoder', at('encoder.safetensors'), '--decoder', at('shards')],
    ]) {
      const { code, err } = await reconstruct(...named)
      expect([code, err]).toEqual([0, ''])
      hashes.add(await sha256File(photo))
    }
    expect(hashes.size).toBe(1)
  })

  test.each([
    [['--encoder', 'x'], /--encoder needs --decoder PATH beside it/],
    [['--decoder', 'nowhere'], /nowhere: no such file or folder \(io\)/],
    [['--autoencoder', 'x', '--decoder', 'x'], /cannot be used together with --encoder or --decoder/],
    [['--autoencoder', 'nowhere'], /nowhere: no such file or folder \(io\)/],
  ])('%j is refused before anything is loaded', async (named, message) => {
    const { code, out, err } = await reconstruct(...named)
    expect([code, out]).toEqual([2, ''])
    expect(err).toMatch(message)
    const sign = ['sign', '--extractor', at('extractor'), '--images', folder, '--key', '10110010', '--out', at('s')]
    const signed = await stablesig([...sign, ...named])
    expect([signed.code, signed.out]).toEqual([2, ''])
    expect(signed.err).toMatch(message)
  })
})
