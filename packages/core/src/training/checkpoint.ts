import { memorySource, openWeights, readFloat32, tensorData, writeSafetensors } from '@stablesig/weights'
import { StableSigError } from '../errors.ts'

/** Where a run keeps what it needs to go on: a file, a database, memory. */
export interface CheckpointStore {
  /** What was written last, or null where there is nothing. */
  read(): Promise<Uint8Array | null>
  /** Replaces what was written last; should be atomic. */
  write(bytes: Uint8Array): Promise<void>
  /** Steps between two writes. Default 10. A run that is aborted writes too. */
  readonly every?: number
}

/** A run between two steps. */
export interface Snapshot {
  /** Steps done. */
  readonly step: number
  /** What the run was started with; only a run started with the same goes on from here. */
  readonly fingerprint: string
  /** All weights as vectors, and as many of each of the optimiser's moments. */
  readonly weights: readonly Float32Array[]
  readonly moments: readonly (readonly Float32Array[])[]
}

const FORMAT = 'stablesig training checkpoint 2'

/** Of the weights, kind 0, or of moment kind - 1. */
const vectorName = (kind: number, i: number): string => (kind === 0 ? `weights.${i}` : `moment.${kind - 1}.${i}`)

/** A snapshot as the bytes of a safetensors file. */
export function writeCheckpoint({ step, fingerprint, weights, moments }: Snapshot): Uint8Array {
  const tensors = [weights, ...moments].flatMap((vectors, kind) =>
    vectors.map((values, i) => [vectorName(kind, i), tensorData(values, [values.length])] as const),
  )
  return writeSafetensors(Object.fromEntries(tensors), { format: FORMAT, step: `${step}`, fingerprint })
}

/**
 * Reads what writeCheckpoint wrote.
 * @param expected the run's fingerprint and steps, the lengths of its vectors and how many moments the optimiser keeps
 * @throws StableSigError 'bad-checkpoint' when it is no checkpoint, or that of another run
 */
export async function readCheckpoint(
  bytes: Uint8Array,
  expected: { fingerprint: string; lengths: readonly number[]; moments: number; steps: number },
): Promise<Snapshot> {
  const refuse = (why: string, cause?: unknown) =>
    new StableSigError('bad-checkpoint', `cannot resume: ${why}`, { cause })
  const state = await openWeights(memorySource('the checkpoint', bytes)).catch((cause) => {
    throw refuse('the checkpoint is no safetensors file; delete it to start anew', cause)
  })
  const { format, step, fingerprint } = state.metadata
  if (format !== FORMAT) throw refuse(`the checkpoint's format is '${format}', expected '${FORMAT}'`)
  if (fingerprint !== expected.fingerprint)
    throw refuse(
      'the checkpoint belongs to a run with other arguments, weights or images: repeat those, or delete it to start anew',
    )
  const done = Number(step)
  if (!Number.isSafeInteger(done) || done < 0 || done > expected.steps)
    throw refuse(`the checkpoint says ${step} steps were done of ${expected.steps}`)
  const vectors = async (kind: number): Promise<Float32Array[]> => {
    const read: Float32Array[] = []
    for (const [i, length] of expected.lengths.entries()) {
      const stored = state.tensors.get(vectorName(kind, i))
      if (stored?.dtype !== 'float32' || stored.shape.join() !== `${length}`)
        throw refuse(`the checkpoint's tensor ${vectorName(kind, i)} is no vector of ${length} float32 values`)
      read.push(await readFloat32(stored))
    }
    return read
  }
  const weights = await vectors(0)
  const moments: Float32Array[][] = []
  for (let kind = 1; kind <= expected.moments; kind++) moments.push(await vectors(kind))
  return { step: done, fingerprint, weights, moments }
}
