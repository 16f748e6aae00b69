import { memorySource } from '../byte-source.ts'
import { DTYPE_BYTES, elementCount } from '../dtype.ts'
import { WeightsError } from '../errors.ts'
import { badWeights, quoted } from '../refuse.ts'
import { type Hash, sha256 } from '../sha256.ts'
import type { StateDict, StateTensor } from '../state-dict.ts'
import { tensorsHash } from '../tensors-hash.ts'
import { type Card, readable, type TensorData, writeSafetensors } from '../writer.ts'
import { inflate } from '../zip/inflate.ts'
import { deflate } from './deflate.ts'
import { type DeltaEncoding, decode, differentElements, encode } from './encoding.ts'
import { applyScales, type ConvolutionScales, readScales, scaledTensors, storeScales } from './scales.ts'

export interface Delta {
  /** The delta as a safetensors file. */
  readonly file: Uint8Array
  /** `tensorsHash` of what it is applied to, and of what that gives. */
  readonly sourceHash: string
  readonly resultHash: string
  /** Tensors and elements that differ, and all of them. */
  readonly changed: { readonly tensors: number; readonly elements: number }
  readonly total: { readonly tensors: number; readonly elements: number }
  /** Changed tensors by encoding; of scales none is stored by itself. */
  readonly encodings: Readonly<Record<DeltaEncoding, number>>
}

export interface DeltaOptions {
  /** A faster SHA-256 than this library's own. */
  readonly newHash?: () => Hash
}

const KIND = 'stablesig-delta'
const VERSION = '1'
/** Of a delta that holds a minted decoder's scales alone. */
const SCALES_VERSION = '2'

/**
 * What turns a decoder into a signed one, small enough to send. Only what changed is in it, compressed; `applyDelta` gives the
 * signed decoder bit for bit. It is smallest where signed weights were rounded with `roundToDelta` or are stored in half
 * precision; full float32 results cost up to four bytes a weight.
 * @param source the original's tensors and @param signed the signed one's, both by the model's own names, with equal dtypes and
 *   numbers of elements
 * @throws WeightsError 'bad-argument' when the two do not hold the same tensors; what reading them throws
 */
export async function makeDelta(
  source: ReadonlyMap<string, StateTensor>,
  signed: ReadonlyMap<string, StateTensor>,
  { card = {}, newHash = sha256 }: DeltaOptions & { readonly card?: Card } = {},
): Promise<Delta> {
  checkAlike(source, signed)
  const stored: Record<string, TensorData> = {}
  const encodingOf: Record<string, DeltaEncoding> = {}
  const encodings = { half: 0, pattern: 0, whole: 0 }
  let [changed, elements, total] = [0, 0, 0]
  for (const [name, tensor] of source) {
    const [before, after] = await Promise.all([tensor.read(), signed.get(name)?.read() ?? new Uint8Array()])
    total += elementCount(tensor.shape)
    const different = differentElements(before, after, DTYPE_BYTES[tensor.dtype])
    if (different === 0) continue
    changed++
    elements += different
    const { encoding, bytes } = encode(before, after, tensor.dtype)
    const data = await deflate(bytes)
    stored[name] = { dtype: 'uint8', shape: [data.length], data }
    encodingOf[name] = encoding
    encodings[encoding]++
  }
  const [sourceHash, resultHash] = [await tensorsHash(source, newHash()), await tensorsHash(signed, newHash())]
  const file = writeSafetensors(stored, {
    ...card,
    format: KIND,
    version: VERSION,
    source_dtypes: dtypesOf(source),
    source_tensors: sourceHash,
    signed_tensors: resultHash,
    encodings: JSON.stringify(encodingOf),
  })
  return {
    file,
    sourceHash,
    resultHash,
    changed: { tensors: changed, elements },
    total: { tensors: source.size, elements: total },
    encodings,
  }
}

export interface ScalesDeltaOptions {
  readonly card?: Card
  /** Of the source, where it is known from another delta. */
  readonly sourceHash?: string
}

/**
 * The delta of a minted decoder: its key's scales and nothing else, a few kilobytes; `applyDelta` folds them in again.
 * @param source the original's tensors by the model's own names
 * @param scales of half precision, as a minter gives them
 * @throws WeightsError 'bad-argument' as applyScales and storeScales; what reading a tensor throws
 */
export async function makeScalesDelta(
  source: ReadonlyMap<string, StateTensor>,
  scales: readonly ConvolutionScales[],
  { card = {}, newHash = sha256, sourceHash: known }: DeltaOptions & ScalesDeltaOptions = {},
): Promise<Delta> {
  const signed = await applyScales(source, scales)
  const names = scaledTensors(scales)
  const countOf = (tensors: Iterable<string>) =>
    [...tensors].reduce((sum, name) => sum + elementCount(source.get(name)?.shape ?? [0]), 0)
  const { tensors, convolutions } = storeScales(scales)
  const [sourceHash, resultHash] = [
    known ?? (await tensorsHash(source, newHash())),
    await tensorsHash(readable(signed), newHash()),
  ]
  const file = writeSafetensors(tensors, {
    ...card,
    format: KIND,
    version: SCALES_VERSION,
    source_dtypes: dtypesOf(source),
    source_tensors: sourceHash,
    signed_tensors: resultHash,
    convolutions,
  })
  return {
    file,
    sourceHash,
    resultHash,
    changed: { tensors: names.length, elements: countOf(names) },
    total: { tensors: source.size, elements: countOf(source.keys()) },
    encodings: { half: 0, pattern: 0, whole: 0 },
  }
}

/**
 * The signed decoder that a delta describes, bit for bit: checked against the delta's own hash before it is returned.
 * @param source the original's tensors by the model's own names, from whichever file or spelling
 * @param delta the delta file, opened
 * @returns by the model's own names, of the source's dtypes and shapes
 * @throws WeightsError 'bad-weights' when this is no delta, it was made for another decoder or dtype, or it is damaged
 */
export async function applyDelta(
  source: ReadonlyMap<string, StateTensor>,
  delta: StateDict,
  { newHash = sha256 }: DeltaOptions = {},
): Promise<Map<string, TensorData>> {
  const { sourceHash, resultHash, encodings } = readHeader(delta)
  const found = await tensorsHash(source, newHash())
  if (found !== sourceHash) throw otherSource(source, delta, found, sourceHash, encodings !== null)
  const result = encodings
    ? await applyChanges(source, delta, encodings)
    : await applyScales(source, await readScales(delta, delta.metadata.convolutions ?? '', source))
  const applied = await tensorsHash(readable(result), newHash())
  if (applied === resultHash) return result
  throw badWeights(
    delta.source,
    `applied, it gives tensors of hash ${applied}; its header says ${resultHash}: it is damaged`,
  )
}

async function applyChanges(
  source: ReadonlyMap<string, StateTensor>,
  delta: StateDict,
  encodings: ReadonlyMap<string, DeltaEncoding>,
): Promise<Map<string, TensorData>> {
  const result = new Map<string, TensorData>()
  for (const [name, tensor] of source) {
    const { dtype, shape } = tensor
    const [before, stored] = [await tensor.read(), await delta.tensors.get(name)?.read()]
    const encoding = encodings.get(name)
    if (!stored || !encoding) {
      result.set(name, { dtype, shape, data: before })
      continue
    }
    const wanted = encoding === 'half' ? 2 * elementCount(shape) : before.length
    const what = `the change of ${quoted(name)}`
    const bytes = await inflate(memorySource(delta.source, stored), 0, stored.length, wanted, true, what)
    const data = decode(before, bytes, encoding, dtype)
    if (!data) throw badWeights(delta.source, `${what} is stored as ${quoted(encoding)}, which ${dtype} is not`)
    result.set(name, { dtype, shape, data })
  }
  return result
}

function checkAlike(source: ReadonlyMap<string, StateTensor>, signed: ReadonlyMap<string, StateTensor>): void {
  const fail = (what: string) => new WeightsError('bad-argument', `no delta between these two: ${what}`)
  for (const [name, a] of source) {
    const b = signed.get(name)
    if (!b) throw fail(`the signed one has no tensor ${quoted(name)}`)
    if (a.dtype !== b.dtype || elementCount(a.shape) !== elementCount(b.shape))
      throw fail(
        `tensor ${quoted(name)} is ${a.dtype} [${a.shape.join(', ')}] in the original and ${b.dtype} [${b.shape.join(', ')}] in the signed one`,
      )
  }
  for (const name of signed.keys()) if (!source.has(name)) throw fail(`the original has no tensor ${quoted(name)}`)
}

/** `encodings` is null for a delta of scales. */
function readHeader({ source, metadata, tensors }: StateDict): {
  readonly sourceHash: string
  readonly resultHash: string
  readonly encodings: ReadonlyMap<string, DeltaEncoding> | null
} {
  const { format, version, source_tensors: sourceHash = '', signed_tensors: resultHash = '' } = metadata
  if (format !== KIND) throw badWeights(source, `it is no delta: its header does not say format ${KIND}`)
  if (version === SCALES_VERSION) return { sourceHash, resultHash, encodings: null }
  if (version !== VERSION)
    throw new WeightsError(
      'unsupported',
      `${source}: a delta of version ${quoted(version ?? '')}; this library reads ${VERSION} and ${SCALES_VERSION}`,
    )
  let parsed: unknown
  try {
    parsed = JSON.parse(metadata.encodings ?? '')
  } catch (cause) {
    throw badWeights(source, 'its list of encodings is no JSON', cause)
  }
  const encodings = new Map<string, DeltaEncoding>()
  for (const [name, encoding] of Object.entries(parsed ?? {})) {
    if (encoding !== 'half' && encoding !== 'pattern' && encoding !== 'whole')
      throw badWeights(source, `tensor ${quoted(name)} has an encoding that is none of half, pattern, whole`)
    encodings.set(name, encoding)
  }
  for (const name of tensors.keys())
    if (!encodings.has(name)) throw badWeights(source, `tensor ${quoted(name)} has no encoding`)
  for (const name of encodings.keys())
    if (!tensors.has(name)) throw badWeights(source, `tensor ${quoted(name)} is listed and not there`)
  return { sourceHash, resultHash, encodings }
}

const dtypesOf = (tensors: ReadonlyMap<string, StateTensor>): string =>
  [...new Set([...tensors.values()].map((tensor) => tensor.dtype))].sort().join(', ')

function otherSource(
  source: ReadonlyMap<string, StateTensor>,
  delta: StateDict,
  found: string,
  expected: string,
  byName: boolean,
): WeightsError {
  const dtypes = dtypesOf(source)
  const made = delta.metadata.source_dtypes
  const unknown = byName ? [...delta.tensors.keys()].find((name) => !source.has(name)) : undefined
  const why = unknown
    ? `it changes ${quoted(unknown)}, which the decoder does not have`
    : made && made !== dtypes
      ? `it was made for ${made}, the decoder is ${dtypes}`
      : `the decoder's tensors have hash ${found}, it was made for ${expected}`
  return badWeights(
    delta.source,
    `this delta belongs to another decoder: ${why}. Apply it to the very decoder it was made from`,
  )
}
