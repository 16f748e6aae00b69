import {
  memorySource,
  openWeights,
  readFloat32,
  type StateDict,
  tensorData,
  writeSafetensors,
} from '@stablesig/weights'
import { StableSigError } from '../errors.ts'
import { differences, type Fingerprint } from './fingerprint.ts'

/** Where a run keeps what it needs to go on: a file, a database, memory. */
export interface CheckpointStore {
  /** What was written last, or null where there is nothing. */
  read(): Promise<Uint8Array | null>
  /** Replaces what was written last; should be atomic. */
  write(bytes: Uint8Array): Promise<void>
  /** Steps between two writes. Default 10. A run that is aborted writes too. */
  readonly every?: number
}

/** A run between two steps, as a file keeps it. */
export interface StoredRun {
  /** Steps done. */
  readonly step: number
  /** Weights, an optimiser's state and whatever else a step changes, as vectors by the name of their group. */
  readonly groups: Readonly<Record<string, readonly Float32Array[]>>
  /** What else a run knows of its past: anything JSON can hold. */
  readonly progress: unknown
}

/** The same with what it was started with; null of a run that is not to be told from others. */
export interface Snapshot extends StoredRun {
  readonly fingerprint: Fingerprint | null
}

const vectorName = (group: string, i: number): string => `${group}.${i}`

/**
 * A snapshot as the bytes of a safetensors file.
 * @param format says which training wrote it, and in which version
 */
export function writeCheckpoint(format: string, { step, fingerprint, groups, progress }: Snapshot): Uint8Array {
  const tensors = Object.entries(groups).flatMap(([group, vectors]) =>
    vectors.map((values, i) => [vectorName(group, i), tensorData(values, [values.length])] as const),
  )
  const { hash, parts } = fingerprint ?? { hash: '', parts: {} }
  const about = {
    ...{ format, step: `${step}`, fingerprint: hash, arguments: JSON.stringify(parts) },
    progress: JSON.stringify(progress),
  }
  return writeSafetensors(Object.fromEntries(tensors), about)
}

/** What a checkpoint is held to. */
export interface ExpectedCheckpoint {
  readonly format: string
  /** The run's; null takes a checkpoint of any. */
  readonly fingerprint: Fingerprint | null
  /** Of each group's vectors; groups that are not among them are not read. */
  readonly lengths: Readonly<Record<string, readonly number[]>>
}

/**
 * Reads what writeCheckpoint wrote.
 * @throws StableSigError 'bad-checkpoint' when it is not a checkpoint of this format, or that of another run
 */
export async function readCheckpoint(bytes: Uint8Array, expected: ExpectedCheckpoint): Promise<StoredRun> {
  const state = await openWeights(memorySource('the checkpoint', bytes)).catch((cause: unknown) => {
    throw refusal('it is not a safetensors file; delete it to start anew', cause)
  })
  const about = state.metadata
  if (about.format !== expected.format)
    throw refusal(`its format is '${about.format}', expected '${expected.format}': delete it to start anew`)
  if (expected.fingerprint !== null && about.fingerprint !== expected.fingerprint.hash)
    throw refusal(
      'it belongs to a run with other arguments, weights or images: repeat those, or delete it to start anew. ' +
        `Not the same: ${differences(argumentsOf(about.arguments ?? ''), expected.fingerprint.parts).join(', ')}`,
    )
  const step = Number(about.step)
  if (!Number.isSafeInteger(step) || step < 0) throw refusal(`it says that ${about.step} steps were done`)
  const groups: Record<string, Float32Array[]> = {}
  for (const [group, lengths] of Object.entries(expected.lengths))
    groups[group] = await vectorsOf(state, group, lengths)
  return { step, groups, progress: progressOf(about.progress ?? '') }
}

function progressOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw refusal('what it says of its progress is not JSON', cause)
  }
}

/** What a checkpoint says that its run was started with; nothing where it cannot be made out. */
function argumentsOf(text: string): Fingerprint['parts'] {
  try {
    const found: unknown = JSON.parse(text)
    if (typeof found !== 'object' || found === null) return {}
    return Object.fromEntries(Object.entries(found).map(([name, value]) => [name, String(value)]))
  } catch {
    return {}
  }
}

async function vectorsOf(state: StateDict, group: string, lengths: readonly number[]): Promise<Float32Array[]> {
  const vectors: Float32Array[] = []
  for (const [i, length] of lengths.entries()) {
    const stored = state.tensors.get(vectorName(group, i))
    if (stored?.dtype !== 'float32' || stored.shape.join() !== `${length}`)
      throw refusal(`its tensor ${vectorName(group, i)} is not a vector of ${length} float32 values`)
    vectors.push(await readFloat32(stored))
  }
  return vectors
}

const refusal = (why: string, cause?: unknown): StableSigError =>
  new StableSigError('bad-checkpoint', `cannot resume from the checkpoint: ${why}`, { cause })
