import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ready, writeFileAtomic } from '@stablesig/backend-node'
import { asUnitImages } from '@stablesig/core'
import { VGG_GROUPS } from '@stablesig/core/losses'
import { noise, stateOf } from '@stablesig/testing/networks'
import { type StateDict, streamSafetensors } from '@stablesig/weights'
import { add, dispose, memory, mul, type Rank, randomUniform, type Tensor4D, tidy } from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { disposing } from './disposal.ts'
import { checkImageLoss, imageLossAt } from './image-loss.ts'
import type { ImageLossOptions } from './options/image-loss.ts'

const folder = mkdtempSync(join(tmpdir(), 'stablesig-loss-'))
const at = (name: string) => join(folder, `${name}.safetensors`)
const save = async (name: string, state: StateDict) =>
  writeFileAtomic(at(name), (await streamSafetensors(state.tensors)).chunks())

/** The tensors of Watson's model for colour images. */
function watson(count: number, phases: boolean): StateDict {
  const values = (name: string, shape: number[]): [number[], Float32Array] => [
    shape,
    noise(name, Math.max(1, ...shape), 0.2),
  ]
  const channel = (prefix: string) => ({
    [`${prefix}t_tild`]: values(`${prefix}t`, [count]),
    [`${prefix}alpha`]: values(`${prefix}a`, []),
    [`${prefix}w_tild`]: values(`${prefix}w`, []),
    [`${prefix}beta`]: values(`${prefix}b`, []),
    ...(phases ? { [`${prefix}w_phase_tild`]: values(`${prefix}p`, [count]) } : {}),
  })
  return stateOf({ w_tild: values('w', [3]), ...channel('ly.'), ...channel('lcb.'), ...channel('lcr.') })
}

const WIDTH = 2
function vgg(): StateDict {
  const entries: Record<string, [number[], Float32Array]> = {}
  let channels = 3
  for (const place of VGG_GROUPS.flat()) {
    entries[`features.${place}.weight`] = [[WIDTH, channels, 3, 3], noise(`${place}`, WIDTH * channels * 9, 0.3)]
    entries[`features.${place}.bias`] = [[WIDTH], noise(`${place}b`, WIDTH, 0.1)]
    channels = WIDTH
  }
  return stateOf(entries)
}

const layers = (entries: (layer: number) => Record<string, [number[], Float32Array]>): StateDict =>
  stateOf(Object.assign({}, ...VGG_GROUPS.map((_, layer) => entries(layer))))

beforeAll(async () => {
  await ready({ device: 'cpu' })
  await save('dft', watson(40, true))
  await save('dct', watson(64, false))
  await save('vgg', vgg())
  await save(
    'heads',
    layers((layer) => ({ [`lin${layer}.model.1.weight`]: [[1, WIDTH, 1, 1], Float32Array.of(0.5, 0.7)] })),
  )
  await save(
    'watson-vgg',
    layers((layer) => ({
      [`t${layer}_tild`]: [[WIDTH], noise(`t${layer}`, WIDTH, 0.2)],
      [`w${layer}_tild`]: [[], Float32Array.of(0.1)],
      beta: [[], Float32Array.of(1)],
    })),
  )
})
afterAll(() => rmSync(folder, { recursive: true }))

test.each<[NonNullable<ImageLossOptions['imageLoss']>, string[]]>([
  ['watson-dft', ['dft']],
  ['watson-dft-code', ['dft']],
  ['watson-dct', ['dct']],
  ['watson-vgg', ['vgg', 'watson-vgg']],
  ['lpips', ['vgg', 'heads']],
])('%s is read from its files, is larger for images further apart, and leaves no tensor', async (imageLoss, files) => {
  const before = memory().numTensors
  const options = { imageLoss, lossWeights: files.map(at) }
  await checkImageLoss(options)
  await disposing(async (own) => {
    const loss = await imageLossAt(options, own)
    if (typeof loss !== 'object') throw new Error(`${imageLoss} is no loss of its own`)
    expect(loss).toMatchObject({ name: imageLoss, fingerprint: expect.stringMatching(/ [0-9a-f]{64}$/) })
    const image = randomUniform<Rank.R4>([1, 32, 32, 3], 0.3, 0.7, 'float32', 1)
    const change = randomUniform<Rank.R4>([1, 32, 32, 3], -0.2, 0.2, 'float32', 2)
    const original = await asUnitImages(image)
    const distances: number[] = []
    for (const by of [0, 0.2, 1]) {
      const changed = await asUnitImages(tidy(() => add<Tensor4D>(image, mul(change, by))))
      const distance = loss.of(changed, original)
      distances.push((await distance.data<'float32'>())[0] ?? Number.NaN)
      dispose([changed, distance])
    }
    dispose([image, change])
    const [same = Number.NaN, near = Number.NaN, far = Number.NaN] = distances
    expect(same).toBeLessThan(near)
    expect(near).toBeLessThan(far)
  })
  expect(memory().numTensors).toBe(before)
})

test('a loss that needs nothing is its name', async () => {
  await disposing(async (own) => {
    expect(await imageLossAt({ imageLoss: 'ssim' }, own)).toBe('ssim')
    expect(await imageLossAt({}, own)).toBeUndefined()
  })
})

test('files that are missing or too many are told of before anything is read', async () => {
  await expect(checkImageLoss({ imageLoss: 'lpips', lossWeights: [at('vgg')] })).rejects.toThrow(
    '--image-loss lpips needs --loss-weights with 2 files: a VGG-16, then its heads; found 1',
  )
  await expect(checkImageLoss({ imageLoss: 'watson-dft' })).rejects.toThrow('one file: its parameters; found 0')
  await expect(checkImageLoss({ imageLoss: 'mse', lossWeights: [at('vgg')] })).rejects.toThrow(
    '--loss-weights belongs to an --image-loss that has learned some',
  )
  await expect(checkImageLoss({ imageLoss: 'watson-dft', lossWeights: [at('nothing')] })).rejects.toThrow(
    'no such file',
  )
})
