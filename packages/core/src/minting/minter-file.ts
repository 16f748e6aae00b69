import {
  type ByteSource,
  type Card,
  DEFAULT_WEIGHT_LIMITS,
  openWeights,
  parseJson,
  type StateDict,
  type TensorData,
  tensorData,
  writeSafetensors,
} from '@stablesig/weights'
import { StableSigError } from '../errors.ts'
import { readFinite } from '../models/read.ts'
import { type MinterArchitecture, minterShapes } from './architecture.ts'
import type { Minter } from './minter.ts'
import type { ConditionedConvolution } from './plan.ts'

const FORMAT = 'stablesig minter 1'

/** A minter as a safetensors file has it: its tensors, and as text its architecture and what it was trained with. */
export function storedMinter({ architecture, decoderHash, extractorHash, values }: Minter): {
  readonly tensors: Readonly<Record<string, TensorData>>
  readonly card: Card
} {
  const { bits, hidden, maxScale, maxShift, convolutions } = architecture
  const tensors = Object.entries(minterShapes(architecture)).map(
    ([name, shape]) => [name, tensorData(values[name] ?? new Float32Array(), shape)] as const,
  )
  const card = {
    format: FORMAT,
    bits: `${bits}`,
    hidden: `${hidden}`,
    max_scale: `${maxScale}`,
    max_shift: `${maxShift}`,
    convolutions: JSON.stringify(convolutions.map(({ name, channels, shifted }) => [name, channels, shifted])),
    decoder_sha256: decoderHash,
    extractor_sha256: extractorHash,
  }
  return { tensors: Object.fromEntries(tensors), card }
}

/**
 * A minter as the bytes of a safetensors file.
 * @param more further entries of its card, such as the steps of its training
 */
export function writeMinter(minter: Minter, more: Card = {}): Uint8Array {
  const { tensors, card } = storedMinter(minter)
  return writeSafetensors(tensors, { ...more, ...card })
}

/**
 * Reads what writeMinter wrote; nothing of it is believed that is not checked.
 * @throws StableSigError 'bad-weights' naming the file where it is no minter or something in it is not as written; 'not-finite'; 'limit'
 */
export async function readMinter(source: ByteSource): Promise<Minter> {
  const state = await openWeights(source)
  const about = describeMinter(state)
  const values: Record<string, Float32Array> = {}
  for (const [name, stored] of state.tensors) values[name] = await readFinite(state.source, name, stored)
  return { ...about, values }
}

/** Whether a file says that it holds a minter, of this version or another. */
export const isMinter = ({ metadata }: StateDict): boolean => metadata.format?.startsWith('stablesig minter ') === true

/**
 * A minter but for its weights, of which names, types and shapes are looked at.
 * @throws StableSigError 'bad-weights' naming the file where something in it is not as written
 */
export function describeMinter(state: StateDict): Omit<Minter, 'values'> {
  const architecture = architectureOf(state)
  const shapes = minterShapes(architecture)
  for (const name of state.tensors.keys())
    if (!Object.hasOwn(shapes, name)) throw refusal(state, `tensor ${name} is no part of a minter`)
  for (const [name, shape] of Object.entries(shapes)) {
    const stored = state.tensors.get(name)
    if (stored?.dtype !== 'float32' || stored.shape.join() !== shape.join())
      throw refusal(
        state,
        `tensor ${name} is ${stored ? `${stored.dtype} [${stored.shape}]` : 'missing'}, expected float32 [${shape}]`,
      )
  }
  const hash = (entry: string) => {
    const found = state.metadata[entry] ?? ''
    if (!/^[0-9a-f]{64}$/.test(found)) throw refusal(state, `its header's ${entry} is not a SHA-256`)
    return found
  }
  return { architecture, decoderHash: hash('decoder_sha256'), extractorHash: hash('extractor_sha256') }
}

const refusal = ({ source }: StateDict, why: string, cause?: unknown): StableSigError =>
  new StableSigError('bad-weights', `${source}: not a minter of this version: ${why}`, { cause })

const MAX_BITS = 4096
const MAX_HIDDEN = 2 ** 16
const MAX_BOUND = 16
const MAX_CONVOLUTIONS = 4096
const MAX_CHANNELS = 2 ** 20

function architectureOf(state: StateDict): MinterArchitecture {
  const { metadata } = state
  if (metadata.format !== FORMAT)
    throw refusal(state, `its header says format '${metadata.format ?? ''}', expected '${FORMAT}'`)
  const number = (entry: string, good: (value: number) => boolean, expected: string): number => {
    const text = metadata[entry] ?? ''
    const value = /^\d+(\.\d+)?(e-\d+)?$/.test(text) ? Number(text) : Number.NaN
    if (!good(value)) throw refusal(state, `its header's ${entry} is '${text.slice(0, 20)}', expected ${expected}`)
    return value
  }
  const count = (most: number) => (value: number) => Number.isInteger(value) && value >= 1 && value <= most
  const bound = (value: number) => value >= 0 && value <= MAX_BOUND
  return {
    bits: number('bits', count(MAX_BITS), `1 to ${MAX_BITS}`),
    hidden: number('hidden', count(MAX_HIDDEN), `1 to ${MAX_HIDDEN}`),
    maxScale: number('max_scale', bound, `0 to ${MAX_BOUND}`),
    maxShift: number('max_shift', bound, `0 to ${MAX_BOUND}`),
    convolutions: convolutionsOf(state),
  }
}

function convolutionsOf(state: StateDict): ConditionedConvolution[] {
  const text = state.metadata.convolutions ?? ''
  const what = 'its list of convolutions'
  const parsed = parseJson(text, {
    source: state.source,
    what,
    depth: 2,
    fractions: false,
    limits: DEFAULT_WEIGHT_LIMITS,
  })
  const fail = () => refusal(state, `${what} is not one of names, channels and whether there is a bias`)
  if (!Array.isArray(parsed) || parsed.length < 1 || parsed.length > MAX_CONVOLUTIONS) throw fail()
  const found = parsed.map((entry: unknown): ConditionedConvolution => {
    const [name, channels, shifted, ...more]: unknown[] = Array.isArray(entry) ? entry : []
    if (typeof name !== 'string' || typeof shifted !== 'boolean' || more.length > 0) throw fail()
    if (typeof channels !== 'number' || !(channels >= 1 && channels <= MAX_CHANNELS)) throw fail()
    return { name, channels, shifted }
  })
  if (new Set(found.map(({ name }) => name)).size < found.length) throw refusal(state, `${what} has a name twice`)
  return found
}
