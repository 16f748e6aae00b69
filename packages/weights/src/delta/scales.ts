import { fromFloat32, readFloat32, toFloat32 } from '../convert.ts'
import { elementCount } from '../dtype.ts'
import { WeightsError } from '../errors.ts'
import { badWeights, quoted } from '../refuse.ts'
import { storeLike } from '../replace.ts'
import type { StateDict, StateTensor } from '../state-dict.ts'
import { type TensorData, tensorData } from '../writer.ts'

/** What a key changes of one convolution: its outputs y become scale·y + shift, channel by channel. */
export interface ConvolutionScales {
  /** As the model's names begin: '8.conv.0' of '8.conv.0.weight'. */
  readonly name: string
  /** A number for each channel of the outputs. */
  readonly scale: Float32Array
  /** Likewise; null where the convolution has no bias for it. */
  readonly shift: Float32Array | null
}

/**
 * Tensors with scales folded in: weight·scale, and bias·scale + shift, each operation rounded to single precision, and stored in the
 * dtype that was there. The same on every machine; whatever is not scaled keeps its bytes.
 * @param source tensors by the model's own names, in PyTorch's order: outputs are the first axis
 * @returns all tensors of the source
 * @throws WeightsError 'bad-argument' naming a convolution that the source does not have, or has with other channels; as storeLike
 */
export async function applyScales(
  source: ReadonlyMap<string, StateTensor>,
  scales: readonly ConvolutionScales[],
): Promise<Map<string, TensorData>> {
  const result = new Map<string, TensorData>()
  for (const [name, tensor] of source)
    result.set(name, { dtype: tensor.dtype, shape: tensor.shape, data: await tensor.read() })
  const change = (name: string, scale: Float32Array, shift: Float32Array | null) => {
    const channels = scale.length
    const found = result.get(name)
    const fail = (what: string) => new WeightsError('bad-argument', `cannot scale ${quoted(name)}: ${what}`)
    if (!found) throw fail('the decoder has no such tensor')
    if (found.shape[0] !== channels)
      throw fail(`it has shape [${found.shape.join(', ')}], expected ${channels} outputs as its first axis`)
    const values = toFloat32(found.data, found.dtype)
    const each = elementCount(found.shape) / channels
    for (let channel = 0, i = 0; channel < channels; channel++) {
      const factor = scale[channel] ?? 1
      const moved = shift?.[channel] ?? null
      for (const end = i + each; i < end; i++) {
        const scaled = Math.fround((values[i] ?? 0) * factor)
        values[i] = moved === null ? scaled : scaled + moved
      }
    }
    result.set(name, { ...found, data: storeLike(values, found.dtype, found.data, name) })
  }
  for (const { name, scale, shift } of scales) {
    if (shift && shift.length !== scale.length)
      throw new WeightsError('bad-argument', `${name} has ${scale.length} scales and ${shift.length} shifts`)
    change(`${name}.weight`, scale, null)
    if (shift) change(`${name}.bias`, scale, shift)
  }
  return result
}

/** Names of the tensors that scales change. */
export const scaledTensors = (scales: readonly ConvolutionScales[]): string[] =>
  scales.flatMap(({ name, shift }) => [`${name}.weight`, ...(shift ? [`${name}.bias`] : [])])

/** A value as a half holds it: what a file of scales holds of scale - 1 and of shift. */
export const roundToHalf = (values: Float32Array): Float32Array => toFloat32(fromFloat32(values, 'float16'), 'float16')

/** The one tensor of a file of scales. */
const TENSOR = 'scales'

/**
 * Scales as a file holds them: two bytes each, scale - 1 of all convolutions and then the shifts, and beside it their names.
 * @throws WeightsError 'bad-argument' for scales of more than half precision
 */
export function storeScales(scales: readonly ConvolutionScales[]): {
  readonly tensors: Readonly<Record<string, TensorData>>
  readonly convolutions: string
} {
  const changes = scales.flatMap(({ scale }) => Array.from(scale, (value) => value - 1))
  const values = Float32Array.from([...changes, ...scales.flatMap(({ shift }) => Array.from(shift ?? []))])
  const rounded = roundToHalf(values)
  const odd = values.findIndex((value, i) => value !== rounded[i])
  if (odd >= 0)
    throw new WeightsError('bad-argument', `scale or shift ${odd} is ${values[odd]}, expected one of half precision`)
  const data = tensorData(values, [values.length], 'float16')
  const convolutions = JSON.stringify(scales.map(({ name, shift }) => (shift ? name : `${name}-`)))
  return { tensors: { [TENSOR]: data }, convolutions }
}

/**
 * Reads what storeScales wrote, for a decoder that says how many channels each convolution has.
 * @param convolutions the names, as text
 * @throws WeightsError 'bad-weights' naming the file where it does not fit the decoder
 */
export async function readScales(
  file: StateDict,
  convolutions: string,
  source: ReadonlyMap<string, StateTensor>,
): Promise<ConvolutionScales[]> {
  const fail = (what: string) => badWeights(file.source, what)
  const stored = file.tensors.get(TENSOR)
  if (stored?.dtype !== 'float16' || file.tensors.size !== 1)
    throw fail(`a delta of scales holds one tensor ${quoted(TENSOR)} of float16`)
  const named = namesOf(convolutions, fail).map((text) => {
    const shifted = !text.endsWith('-')
    const name = shifted ? text : text.slice(0, -1)
    const weight = source.get(`${name}.weight`)
    if (!weight || (shifted && !source.has(`${name}.bias`)))
      throw fail(`it scales ${quoted(name)}, which the decoder does not have: it belongs to another decoder`)
    return { name, shifted, channels: weight.shape[0] ?? 0 }
  })
  if (new Set(named.map(({ name }) => name)).size < named.length) throw fail('it scales a convolution twice')
  const total = named.reduce((sum, { channels, shifted }) => sum + (shifted ? 2 : 1) * channels, 0)
  if (elementCount(stored.shape) !== total)
    throw fail(`it holds ${elementCount(stored.shape)} scales and shifts, and the decoder takes ${total}`)
  const values = await readFloat32(stored)
  if (!values.every(Number.isFinite)) throw fail('it holds scales that are not finite')
  let at = 0
  const next = (count: number) => {
    at += count
    return values.slice(at - count, at)
  }
  const scaled = named.map((one) => ({ ...one, scale: next(one.channels).map((change) => 1 + change) }))
  return scaled.map(({ name, scale, shifted, channels }) => ({ name, scale, shift: shifted ? next(channels) : null }))
}

/** Convolutions of a decoder at most. */
const MAX_CONVOLUTIONS = 4096

function namesOf(text: string, fail: (what: string) => WeightsError): readonly string[] {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    throw fail('its list of convolutions is no JSON')
  }
  if (!Array.isArray(parsed) || parsed.length > MAX_CONVOLUTIONS || !parsed.every((name) => typeof name === 'string'))
    throw fail('its list of convolutions is not a list of names')
  return parsed
}
