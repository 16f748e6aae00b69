import { type ConvolutionScales, roundToHalf } from '@stablesig/weights'
import { checkObject } from '../arguments.ts'
import { at } from '../at.ts'
import { StableSigError } from '../errors.ts'
import type { LatentDecoder } from '../models/autoencoders/autoencoder.ts'
import { checkDecoder, checkExtractor } from '../models/check-models.ts'
import type { Extractor } from '../models/extractor.ts'
import { checkKey, type Key, keyBits } from '../signal/key.ts'
import { type MinterArchitecture, outputsOf } from './architecture.ts'
import { networkHash } from './network-hash.ts'
import { mintingPlan } from './plan.ts'

/** A network that makes of any key the scales of one decoder's convolutions. Plain numbers: it holds no tensor. */
export interface Minter {
  readonly architecture: MinterArchitecture
  /** SHA-256 of the decoder and of the extractor that it was trained with, as `networkHash` has them. */
  readonly decoderHash: string
  readonly extractorHash: string
  /** By the names of `minterShapes`, in PyTorch's order. */
  readonly values: Readonly<Record<string, Float32Array>>
}

/**
 * What a key changes of the minter's decoder: scales and shifts of half precision, computed here without an engine.
 * @throws StableSigError 'bad-key' for a key of another length; 'bad-argument'
 */
export function keyScales(minter: Minter, key: Key): ConvolutionScales[] {
  checkMinter(minter)
  const { architecture, values } = minter
  const { bits, maxScale, maxShift, convolutions } = architecture
  checkKey(key, bits, 'the minter')
  const signs = Float64Array.from(keyBits(key), (bit) => 2 * bit - 1)
  const layer = (name: string, x: Float64Array) => linear(weightOf(values, name), x, values[`${name}.bias`])
  const h = layer('hidden.1', layer('hidden.0', signs).map(silu)).map(silu)
  const [deep, straight] = [layer('out', h), linear(weightOf(values, 'linear'), signs)]
  const bounded = deep.map((value, i) => Math.tanh(value + at(straight, i)))
  const { scales } = outputsOf(architecture)
  const changes = roundToHalf(Float32Array.from(bounded.subarray(0, scales), (value) => maxScale * value))
  const shifts = roundToHalf(Float32Array.from(bounded.subarray(scales), (value) => maxShift * value))
  let [scaleAt, shiftAt] = [0, 0]
  return convolutions.map(({ name, channels, shifted }) => {
    const scale = changes.slice(scaleAt, scaleAt + channels).map((change) => 1 + change)
    scaleAt += channels
    const shift = shifted ? shifts.slice(shiftAt, shiftAt + channels) : null
    if (shifted) shiftAt += channels
    return { name, scale, shift }
  })
}

const weightOf = (values: Minter['values'], name: string): Float32Array => {
  const found = values[`${name}.weight`]
  if (!found) throw new StableSigError('bad-argument', `the minter has no tensor ${name}.weight`)
  return found
}

const silu = (x: number): number => x / (1 + Math.exp(-x))

/** weight [outputs, inputs] · x + bias, in double precision. */
function linear(weight: Float32Array, x: Float64Array, bias?: Float32Array): Float64Array {
  const inputs = x.length
  const result = new Float64Array(weight.length / inputs)
  for (let o = 0, i = 0; o < result.length; o++) {
    let sum = bias?.[o] ?? 0
    for (let j = 0; j < inputs; j++, i++) sum += weight[i]! * x[j]!
    result[o] = sum
  }
  return result
}

/** @throws StableSigError 'bad-argument' for what is not a minter */
export const checkMinter = (value: unknown): void =>
  checkObject(value, 'the minter', 'a minter, as readMinter or trainMinter give it', ['architecture', 'values'])

/**
 * Holds a minter to a decoder: its scales mean something for that one alone.
 * @throws StableSigError 'bad-weights' where it was trained with another; 'bad-argument', 'disposed'
 */
export async function checkMintersDecoder(minter: Minter, decoder: LatentDecoder): Promise<void> {
  checkMinter(minter)
  checkDecoder(decoder, 'the decoder to mint')
  const spelled = (convolutions: MinterArchitecture['convolutions']) =>
    convolutions.map(({ name, channels, shifted }) => `${name} ${channels}${shifted ? '' : ' without bias'}`)
  const [expected, found] = [spelled(minter.architecture.convolutions), spelled(mintingPlan(decoder).convolutions)]
  const odd = expected.findIndex((one, i) => one !== found[i])
  if (odd >= 0 || found.length !== expected.length)
    throw new StableSigError(
      'bad-weights',
      `this minter belongs to a decoder of another architecture: it scales ${expected.length} convolutions, ${expected[Math.max(odd, 0)]} among ` +
        `them, and the decoder has ${found.length}, with ${found[Math.max(odd, 0)] ?? 'none'} in that place`,
    )
  checkDecoderHash(minter, await networkHash(decoder.weights))
}

/** The same of a decoder that is known by its hash. @throws StableSigError 'bad-weights' where it is another's */
export function checkDecoderHash(minter: Minter, hash: string): void {
  checkMinter(minter)
  if (hash !== minter.decoderHash)
    throw new StableSigError(
      'bad-weights',
      `this minter belongs to another decoder: it was trained with one of hash ${minter.decoderHash.slice(0, 16)}…, this one has ` +
        `${hash.slice(0, 16)}…; take that decoder, or train a minter for this one`,
    )
}

/** @throws StableSigError 'bad-weights' where the minter was trained with another extractor; 'bad-argument', 'disposed' */
export async function checkMintersExtractor(minter: Minter, extractor: Extractor): Promise<void> {
  checkMinter(minter)
  checkExtractor(extractor)
  const hash = await networkHash(extractor.weights)
  if (hash !== minter.extractorHash)
    throw new StableSigError(
      'bad-weights',
      `this minter's keys are read by another extractor: it was trained with one of hash ${minter.extractorHash.slice(0, 16)}…, ` +
        `this one has ${hash.slice(0, 16)}…`,
    )
}
