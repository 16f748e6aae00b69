import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Weights } from '@stablesig/core/weights'
import { tinyState } from '@stablesig/testing/networks'
import {
  fromFloat32,
  memorySource,
  openWeights,
  type StateTensor,
  streamSafetensors,
  type TensorData,
  toFloat32,
  writeSafetensors,
} from '@stablesig/weights'
import { add, dispose, memory, tidy } from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ready } from '../engine/ready.ts'
import { writeFileAtomic } from '../files/atomic.ts'
import { type OpenedAutoencoder, openAutoencoder } from '../models/open-autoencoder.ts'
import { sha256File } from '../models/origin.ts'
import { checkSpace } from './destination.ts'
import type { SigningFacts } from './model-card.ts'
import { roundDecoder } from './round-decoder.ts'
import { checkDecoderOutput, saveDecoder } from './save-decoder.ts'

const folder = mkdtempSync(join(tmpdir(), 'stablesig-saving-'))
const at = (...names: string[]) => join(folder, ...names)
afterAll(() => rmSync(folder, { recursive: true }))

const signing: SigningFacts = {
  library: { name: 'stablesig', version: '1.2.3' },
  key: { id: '0123abcd', bits: 48 },
  recipe: { steps: 2 },
  figures: { images: 1, size: 64, matches: 40, total: 48, bitAccuracy: 40 / 48, psnr: 30 },
}
const shape = { width: 4, latentChannels: 4, pooled: true, spelling: 'diffusers' } as const
const parts = ['encoder', 'decoder'] as const

/** The same tensors, of half precision. */
async function halved(tensors: ReadonlyMap<string, StateTensor>): Promise<Record<string, TensorData>> {
  const half: Record<string, TensorData> = {}
  for (const [name, { shape, read }] of tensors)
    half[name] = { dtype: 'float16', shape, data: fromFloat32(toFloat32(await read(), 'float32'), 'float16') }
  return half
}

beforeAll(async () => {
  await ready({ device: 'cpu' })
  const states = parts.map((part) => tinyState(part, shape))
  for (const [i, part] of parts.entries())
    await writeFileAtomic(at(part), (await streamSafetensors(states[i]?.tensors ?? new Map())).chunks())
  const both = new Map(states.flatMap(({ tensors }) => [...tensors]))
  mkdirSync(at('vae'))
  writeFileSync(at('vae', 'config.json'), '{ "_class_name": "AutoencoderTiny",\n "note": "as it came" }\n')
  writeFileSync(
    at('vae', 'diffusion_pytorch_model.safetensors'),
    writeSafetensors(await halved(both), { made: 'elsewhere' }),
  )
})

/** Each weight a little different. */
const changed = (weights: Weights): Weights =>
  tidy(() => Object.fromEntries(Object.entries(weights).map(([name, tensor]) => [name, add(tensor, 0.00123)])))

const bytesOf = async (path: string) => {
  const { tensors, metadata } = await openWeights(memorySource(path, new Uint8Array(readFileSync(path))))
  const read = await Promise.all(
    [...tensors].map(async ([name, tensor]) => [
      name,
      { ...tensor, read: Buffer.from(await tensor.read()).toString('hex') },
    ]),
  )
  return {
    tensors: Object.fromEntries(read) as Record<string, { dtype: string; shape: number[]; read: string }>,
    metadata,
  }
}

async function leavingNoTensor(
  work: (autoencoder: OpenedAutoencoder, signed: Weights) => Promise<void>,
  path?: string,
) {
  const before = memory().numTensors
  const autoencoder = await openAutoencoder(path ? { path } : { encoder: at('encoder'), decoder: at('decoder') })
  const signed = changed(autoencoder.decoder.weights)
  try {
    await work(autoencoder, signed)
  } finally {
    autoencoder.dispose()
    dispose(signed)
  }
  expect(memory().numTensors).toBe(before)
}

describe('a decoder of a file of its own', () => {
  test('comes out as it went in: names, shapes, values; its header and the cards beside it say what it is', async () => {
    await leavingNoTensor(async (autoencoder) => {
      const saved = await saveDecoder(at('saved.safetensors'), {
        autoencoder,
        decoder: autoencoder.decoder.weights,
        signing,
      })
      expect(saved.form).toBe('decoder')
      const file = await bytesOf(at('saved.safetensors'))
      expect(file.tensors).toEqual((await bytesOf(at('decoder'))).tensors)
      expect(file.metadata).toMatchObject({
        format: 'pt',
        bits: '48',
        key_id: '0123abcd',
        signed_with: 'stablesig 1.2.3',
      })
      expect(JSON.parse(readFileSync(at('saved.card.json'), 'utf8'))).toEqual(saved.card)
      expect(saved.card).toMatchObject({
        signing,
        source: {
          files: [
            { name: 'encoder', sha256: await sha256File(at('encoder')) },
            { name: 'decoder', sha256: await sha256File(at('decoder')) },
          ],
        },
        output: {
          form: 'decoder',
          files: [{ name: 'saved.safetensors', sha256: await sha256File(at('saved.safetensors')) }],
        },
        decoder: { family: 'tiny', dtypes: ['float32'], className: 'AutoencoderTiny' },
      })
      expect(saved.card.source.tensorsSha256).toBe(saved.card.output.tensorsSha256)
      expect(readFileSync(at('saved.card.md'), 'utf8')).toContain('40 of 48 bits')
      const again = await openAutoencoder({ encoder: at('encoder'), decoder: at('saved.safetensors') })
      again.dispose()
      expect(readdirSync(folder).sort()).toEqual([
        'decoder',
        'encoder',
        'saved.card.json',
        'saved.card.md',
        'saved.safetensors',
        'vae',
      ])
    })
  })

  test('keeps the names of its own file, wrappers included', async () => {
    const wrapped = async (part: string) => {
      const { tensors } = await openWeights(memorySource(part, new Uint8Array(readFileSync(at(part)))))
      const names = new Map([...tensors].map(([name, tensor]) => [`module._orig_mod.${name}`, tensor]))
      await writeFileAtomic(at('wrapped', part), (await streamSafetensors(names)).chunks())
      return at('wrapped', part)
    }
    mkdirSync(at('wrapped'))
    const autoencoder = await openAutoencoder({ encoder: await wrapped('encoder'), decoder: await wrapped('decoder') })
    const signed = changed(autoencoder.decoder.weights)
    await saveDecoder(at('wrapped', 'signed.safetensors'), { autoencoder, decoder: signed })
    autoencoder.dispose()
    dispose(signed)
    const { tensors } = await bytesOf(at('wrapped', 'signed.safetensors'))
    expect(Object.keys(tensors)).toEqual(Object.keys((await bytesOf(at('wrapped', 'decoder'))).tensors))
    rmSync(at('wrapped'), { recursive: true })
  })

  test('keeps no card of an earlier signing', async () => {
    await leavingNoTensor(async (autoencoder) => {
      await saveDecoder(at('again.safetensors'), { autoencoder, decoder: autoencoder.decoder.weights })
      expect((await bytesOf(at('again.safetensors'))).metadata.key_id).toBeUndefined()
    })
  })
})

describe('a folder', () => {
  test('comes out as a folder, and of its files only the decoder differs, rounded to its half precision', async () => {
    await leavingNoTensor(async (autoencoder, signed) => {
      const rounded = await roundDecoder(autoencoder, signed)
      expect(rounded.changed).toBe(true)
      const { form, card } = await saveDecoder(at('signed'), { autoencoder, decoder: signed, signing })
      expect([form, card.decoder.dtypes]).toEqual(['diffusers', ['float16']])
      expect(readdirSync(at('signed')).sort()).toEqual([
        'config.json',
        'diffusion_pytorch_model.safetensors',
        'signed.card.json',
        'signed.card.md',
      ])
      expect(readFileSync(at('signed', 'config.json'))).toEqual(readFileSync(at('vae', 'config.json')))
      const [a, b] = [
        readFileSync(at('vae', 'diffusion_pytorch_model.safetensors')),
        readFileSync(at('signed', 'diffusion_pytorch_model.safetensors')),
      ]
      expect(b.length).toBe(a.length)
      const header = 8 + a.readUInt32LE(0)
      expect(b.subarray(0, header)).toEqual(a.subarray(0, header))
      const [before, after] = [
        await bytesOf(at('vae', 'diffusion_pytorch_model.safetensors')),
        await bytesOf(at('signed', 'diffusion_pytorch_model.safetensors')),
      ]
      for (const [name, tensor] of Object.entries(before.tensors)) {
        const same = after.tensors[name]?.read === tensor.read
        expect([name, same]).toEqual([name, !name.startsWith('decoder.')])
      }
      const read = await openAutoencoder({ path: at('signed') })
      for (const [name, tensor] of Object.entries(read.decoder.weights))
        expect(await tensor.data()).toEqual(await rounded.weights[name]?.data())
      const again = await roundDecoder(autoencoder, rounded.weights)
      expect(again.changed).toBe(false)
      dispose(again.weights)
      read.dispose()
      dispose(rounded.weights)
    }, at('vae'))
  })

  test('with an unchanged decoder comes out byte for byte', async () => {
    await leavingNoTensor(async (autoencoder) => {
      await saveDecoder(at('unchanged'), { autoencoder, decoder: autoencoder.decoder.weights })
      for (const name of ['config.json', 'diffusion_pytorch_model.safetensors'])
        expect(readFileSync(at('unchanged', name))).toEqual(readFileSync(at('vae', name)))
    }, at('vae'))
  })

  test('in shards keeps shards and index', async () => {
    mkdirSync(at('sharded'))
    const state = await openWeights(
      memorySource('w', new Uint8Array(readFileSync(at('vae', 'diffusion_pytorch_model.safetensors')))),
    )
    const shards: Record<string, TensorData>[] = [{}, {}]
    const map: Record<string, string> = {}
    for (const [i, [name, { dtype, shape, read }]] of [...state.tensors].entries()) {
      const data: TensorData = { dtype, shape, data: await read() }
      Object.assign(shards[i % 2] ?? {}, { [name]: data })
      map[name] = `model-${i % 2}.safetensors`
    }
    for (const [i, shard] of shards.entries())
      writeFileSync(at('sharded', `model-${i}.safetensors`), writeSafetensors(shard))
    const index = 'diffusion_pytorch_model.safetensors.index.json'
    writeFileSync(at('sharded', index), JSON.stringify({ metadata: {}, weight_map: map }))
    await leavingNoTensor(async (autoencoder, signed) => {
      await saveDecoder(at('sharded-signed'), { autoencoder, decoder: signed })
      expect(readFileSync(at('sharded-signed', index))).toEqual(readFileSync(at('sharded', index)))
      const again = await openAutoencoder({ path: at('sharded-signed') })
      const rounded = await roundDecoder(autoencoder, signed)
      for (const [name, tensor] of Object.entries(again.decoder.weights))
        expect(await tensor.data()).toEqual(await rounded.weights[name]?.data())
      again.dispose()
      dispose(rounded.weights)
    }, at('sharded'))
  })
})

test('one file of more than the decoder is a checkpoint: all but the decoder stays, and it can be had alone', async () => {
  writeFileSync(at('whole.safetensors'), readFileSync(at('vae', 'diffusion_pytorch_model.safetensors')))
  await leavingNoTensor(async (autoencoder, signed) => {
    const { form } = await saveDecoder(at('whole-signed.safetensors'), { autoencoder, decoder: signed })
    expect(form).toBe('checkpoint')
    const [before, after] = [await bytesOf(at('whole.safetensors')), await bytesOf(at('whole-signed.safetensors'))]
    expect(after.metadata).toEqual(before.metadata)
    expect(Object.keys(after.tensors)).toEqual(Object.keys(before.tensors))
    const alone = await saveDecoder(at('alone.safetensors'), { autoencoder, decoder: signed, format: 'safetensors' })
    expect(alone.card.output).toMatchObject({ form: 'decoder', tensorsSha256: expect.any(String) })
    const { tensors } = await bytesOf(at('alone.safetensors'))
    for (const [name, tensor] of Object.entries(tensors)) expect(tensor).toEqual(after.tensors[name])
    expect(Object.keys(tensors).length).toBe(autoencoder.decoder.names.size)
  }, at('whole.safetensors'))
})

describe('before any work', () => {
  test('what is read is not overwritten, whatever it is called', async () => {
    symlinkSync(at('decoder'), at('link'))
    await leavingNoTensor(async (autoencoder) => {
      for (const path of [at('decoder'), at('encoder'), at('vae', '..', 'decoder'), at('link')])
        await expect(checkDecoderOutput(path, autoencoder)).rejects.toMatchObject({
          code: 'io',
          message: expect.stringContaining('would overwrite'),
        })
      await expect(checkDecoderOutput(at('x.ckpt'), autoencoder)).rejects.toMatchObject({ code: 'bad-argument' })
      await expect(checkDecoderOutput(at('none', 'x'), autoencoder)).rejects.toMatchObject({ code: 'io' })
      await expect(checkDecoderOutput(at('key'), autoencoder, { kept: [at('key')] })).rejects.toMatchObject({
        code: 'io',
      })
      await checkDecoderOutput(at('new.safetensors'), autoencoder)
    })
    await leavingNoTensor(async (autoencoder) => {
      for (const path of [at('vae'), `${at('vae')}/`, at('whole.safetensors')])
        await expect(checkDecoderOutput(path, autoencoder)).rejects.toMatchObject({ code: 'io' })
      writeFileSync(at('vae', 'other'), '')
      mkdirSync(at('full'))
      writeFileSync(at('full', 'file'), '')
      mkdirSync(at('empty'))
      await expect(checkDecoderOutput(at('full'), autoencoder)).rejects.toMatchObject({
        code: 'io',
        message: expect.stringContaining('1 entries (file)'),
      })
      await checkDecoderOutput(at('empty'), autoencoder)
      await saveDecoder(at('empty'), { autoencoder, decoder: autoencoder.decoder.weights })
      expect(readdirSync(at('empty')).length).toBe(4)
    }, at('vae'))
  })
})

test('room on the disk and dtypes that weights are not written in are seen before any work', async () => {
  await expect(checkSpace(at('x'), Number.MAX_SAFE_INTEGER)).rejects.toMatchObject({ code: 'io' })
  const conv: TensorData = { dtype: 'float8_e4m3fn', shape: [2], data: new Uint8Array(2) }
  writeFileSync(at('eighth.safetensors'), writeSafetensors({ conv }))
  await leavingNoTensor(async ({ decoder, origin }) => {
    const path = at('eighth.safetensors')
    const eighth = {
      decoder: { ...decoder, names: new Map([['conv', 'conv']]) },
      origin: { ...origin, path, files: [path] },
    }
    await expect(checkDecoderOutput(at('y'), eighth)).rejects.toMatchObject({
      code: 'unsupported',
      message: expect.stringContaining('conv is float8_e4m3fn'),
    })
  })
})

test('what fails in the middle leaves nothing behind', async () => {
  await leavingNoTensor(async (autoencoder, signed) => {
    const before = readdirSync(folder).sort()
    const names = new Map(autoencoder.decoder.names)
    const broken = {
      ...autoencoder,
      origin: { ...autoencoder.origin, sha256: () => Promise.reject(new Error('gone')) },
    }
    await expect(saveDecoder(at('half.safetensors'), { autoencoder: broken, decoder: signed })).rejects.toThrow('gone')
    names.set([...names.keys()][0] ?? '', 'nowhere')
    const moved = { ...autoencoder, decoder: { ...autoencoder.decoder, names } }
    await expect(saveDecoder(at('half.safetensors'), { autoencoder: moved, decoder: signed })).rejects.toMatchObject({
      code: 'bad-weights',
    })
    expect(readdirSync(folder).sort()).toEqual(before)
  })
  await leavingNoTensor(async (autoencoder, signed) => {
    const before = readdirSync(folder).sort()
    const broken = {
      ...autoencoder,
      origin: { ...autoencoder.origin, sha256: () => Promise.reject(new Error('gone')) },
    }
    await expect(saveDecoder(at('half'), { autoencoder: broken, decoder: signed })).rejects.toThrow('gone')
    expect(readdirSync(folder).sort()).toEqual(before)
  }, at('vae'))
})
