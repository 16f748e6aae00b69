import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readFloat32, tensorData, writeSafetensors } from '@stablesig/weights'
import { afterAll, describe, expect, test } from 'vitest'
import { readConfigFile, readYamlFile } from './config.ts'
import { openWeightsPath } from './weights-path.ts'

const root = mkdtempSync(join(tmpdir(), 'stablesig-paths-'))
afterAll(() => rmSync(root, { recursive: true }))

/** A folder with files: bytes, or values as JSON. */
function folder(name: string, files: Readonly<Record<string, Uint8Array | object | string>>): string {
  const path = join(root, name)
  mkdirSync(path, { recursive: true })
  for (const [file, content] of Object.entries(files)) {
    const raw = typeof content === 'string' || content instanceof Uint8Array
    writeFileSync(join(path, file), raw ? content : JSON.stringify(content))
  }
  return path
}

const weights = (...names: string[]) =>
  writeSafetensors(Object.fromEntries(names.map((name) => [name, tensorData(Float32Array.of(name.length), [1])])))
const SHARDS = [
  'diffusion_pytorch_model-00001-of-00002.safetensors',
  'diffusion_pytorch_model-00002-of-00002.safetensors',
]
const sharded = {
  'diffusion_pytorch_model.safetensors.index.json': { weight_map: { a: SHARDS[0], bb: SHARDS[1] } },
  [SHARDS[0]!]: weights('a'),
  [SHARDS[1]!]: weights('bb'),
}

const openFiles = () => (existsSync('/proc/self/fd') ? readdirSync('/proc/self/fd').length : 0)

/** What is at a path, all of it read, and every file closed behind it. */
async function look(path: string) {
  const before = openFiles()
  const { state, close, ...about } = await openWeightsPath(path)
  const values: Record<string, number[]> = {}
  for (const [name, tensor] of state.tensors) values[name] = [...(await readFloat32(tensor))]
  await close()
  expect(openFiles()).toBe(before)
  return { ...about, values }
}

async function refusal(path: string) {
  const before = openFiles()
  const error = await openWeightsPath(path).catch((cause: unknown) => cause)
  expect(openFiles()).toBe(before)
  return error
}

describe('weights at a path', () => {
  test('a file, whatever it is called', async () => {
    const path = folder('file', { 'some.thing': weights('a'), 'config.json': {} })
    expect(await look(join(path, 'some.thing'))).toMatchObject({
      folder: null,
      files: [join(path, 'some.thing')],
      index: null,
      config: null,
      values: { a: [1] },
    })
  })

  test('a model folder with its config.json, which a file of it has too', async () => {
    const path = folder('vae-a', { 'diffusion_pytorch_model.safetensors': weights('a'), 'config.json': { x: 1 } })
    const at = { files: [join(path, 'diffusion_pytorch_model.safetensors')], config: join(path, 'config.json') }
    expect(await look(path)).toMatchObject({ ...at, folder: path, values: { a: [1] } })
    expect(await look(at.files[0]!)).toMatchObject({ ...at, folder: null })
  })

  test('a pipeline folder: its vae/, whatever else it holds', async () => {
    const path = folder('pipeline', { 'v1-5-pruned.safetensors': weights('unet'), 'model_index.json': {} })
    folder('pipeline/unet', { 'diffusion_pytorch_model.safetensors': weights('unet') })
    folder('pipeline/vae', { 'diffusion_pytorch_model.fp16.safetensors': weights('half'), 'config.json': {} })
    expect(await look(path)).toMatchObject({ folder: join(path, 'vae'), values: { half: [4] } })
    folder('pipeline/vae', { 'diffusion_pytorch_model.safetensors': weights('a'), 'diffusion_pytorch_model.bin': '' })
    expect(await look(path)).toMatchObject({ values: { a: [1] } })
  })

  test('shards by their index, in a folder or named', async () => {
    const path = folder('sharded', sharded)
    const index = join(path, 'diffusion_pytorch_model.safetensors.index.json')
    const found = { index, files: SHARDS.map((file) => join(path, file)), values: { a: [1], bb: [2] } }
    expect(await look(path)).toMatchObject({ ...found, folder: path, config: null })
    expect(await look(index)).toMatchObject({ ...found, folder: null })
  })

  test('links, of which download caches are made', async () => {
    const path = folder('blobs', { '0123': weights('a'), '4567': { x: 1 } })
    const linked = folder('snapshot/vae', {})
    symlinkSync(join(path, '0123'), join(linked, 'diffusion_pytorch_model.safetensors'))
    symlinkSync(join(path, '4567'), join(linked, 'config.json'))
    expect(await look(join(root, 'snapshot'))).toMatchObject({
      config: join(linked, 'config.json'),
      values: { a: [1] },
    })
  })

  test('what is not there, or not whole, is said, and nothing stays open', async () => {
    const empty = folder('empty', {})
    expect(await refusal(empty)).toMatchObject({ code: 'io', message: expect.stringContaining('it holds nothing') })
    const other = folder('other', { 'x.ckpt': weights('a') })
    expect(await refusal(other)).toMatchObject({
      code: 'io',
      message: expect.stringMatching(/x\.ckpt.*given as a file/),
    })
    expect(await refusal(join(root, 'none'))).toMatchObject({ code: 'io', message: expect.stringContaining('no such') })
    const half = folder('half', { ...sharded })
    rmSync(join(half, SHARDS[1]!))
    expect(await refusal(half)).toMatchObject({ code: 'io', message: expect.stringContaining(`1 of 2 shards`) })
    const evil = folder('evil', { ...sharded })
    writeFileSync(join(root, 'secret.safetensors'), weights('a'))
    const index = join(evil, 'diffusion_pytorch_model.safetensors.index.json')
    writeFileSync(index, JSON.stringify({ weight_map: { a: '../secret.safetensors' } }))
    expect(await refusal(evil)).toMatchObject({ code: 'unsafe-weights' })
    writeFileSync(index, '{"error":"not found"}')
    expect(await refusal(evil)).toMatchObject({
      code: 'bad-weights',
      message: expect.stringContaining('no shard index'),
    })
    writeFileSync(join(evil, SHARDS[0]!), 'cut')
    expect(await refusal(join(evil, SHARDS[0]!))).toMatchObject({ code: 'bad-weights' })
  })
})

describe('configurations', () => {
  const path = folder('configs', {
    'config.json': '{"latent_channels": 4, "scaling_factor": 0.18215, "__proto__": {"x": 1}}',
    'twice.json': '{"a": 1, "a": 2}',
    'list.json': '[1]',
    'deep.json': `${'{"a":'.repeat(100)}1${'}'.repeat(100)}`,
    'v1.yaml': 'model:\n  params:\n    scale_factor: 0.18215\n    first_stage_config:\n      params: {embed_dim: 4}\n',
    'tagged.yaml': 'a: !!python/object/apply:os.system [ls]\n',
    'twice.yaml': 'a: 1\na: 2\n',
    'bomb.yaml': `a: &a [x, x, x, x, x, x, x, x, x]\n${'bcdefghi'
      .split('')
      .map((c, i) => `${c}: &${c} [${Array(9).fill(`*${'abcdefgh'[i]}`)}]`)
      .join('\n')}\n`,
    'flow.yaml': '[\n'.repeat(15_000),
    'keys.yaml': '? '.repeat(200),
    'dashes.yaml': '- '.repeat(16_000),
    'deep.yaml': Array.from({ length: 200 }, (_, i) => `${' '.repeat(i)}a:`).join('\n'),
    'long.yaml': `a: ${'x'.repeat(2 ** 15)}`,
    'self.yaml': 'a: &a {b: *a}',
    'bytes.yaml': 'a: !!binary aGVsbG8=',
    'text.yaml': 'hello',
  })

  test('config.json as plain values', async () => {
    const config = await readConfigFile(join(path, 'config.json'))
    expect(Object.entries(config)).toEqual([
      ['latent_channels', 4],
      ['scaling_factor', 0.18215],
      ['__proto__', expect.objectContaining({})],
    ])
    expect(config.x).toBeUndefined()
    expect(await readYamlFile(join(path, 'config.json'))).toMatchObject({ latent_channels: 4 })
  })

  test('in the encodings that PowerShell and editors write', async () => {
    for (const file of ['config.json', 'v1.yaml']) {
      const text = `\ufeff${readFileSync(join(path, file), 'utf8')}`
      const expected = await readYamlFile(join(path, file))
      for (const bytes of [Buffer.from(text), Buffer.from(text, 'utf16le'), Buffer.from(text, 'utf16le').swap16()]) {
        writeFileSync(join(path, 'marked'), bytes)
        expect(await readYamlFile(join(path, 'marked'))).toEqual(expected)
      }
    }
    writeFileSync(join(path, 'marked'), Buffer.from([0xff, 0xfe, 0x7b, 0xd8]))
    await expect(readYamlFile(join(path, 'marked'))).rejects.toMatchObject({
      code: 'bad-weights',
      message: expect.stringContaining('marked'),
    })
  })

  test('yaml of a training run', async () => {
    expect(await readYamlFile(join(path, 'v1.yaml'))).toEqual({
      model: { params: { scale_factor: 0.18215, first_stage_config: { params: { embed_dim: 4 } } } },
    })
  })

  test.each(['twice.json', 'list.json', 'deep.json'])('%s is refused', async (file) => {
    await expect(readConfigFile(join(path, file))).rejects.toMatchObject({ code: 'bad-weights' })
  })

  test.each([
    'tagged.yaml',
    'twice.yaml',
    'bomb.yaml',
    'deep.yaml',
    'self.yaml',
    'bytes.yaml',
    'text.yaml',
    'list.json',
  ])('%s is refused', async (file) => {
    await expect(readYamlFile(join(path, file))).rejects.toMatchObject({
      code: 'bad-weights',
      message: expect.stringContaining(file),
    })
  })

  test.each(['long.yaml', 'flow.yaml', 'dashes.yaml', 'keys.yaml'])('%s is beyond the limits', async (file) => {
    await expect(readYamlFile(join(path, file))).rejects.toMatchObject({ code: 'limit' })
  })
})
