import { StableSigError } from '../errors.ts'
import { memorySource } from '../weights/byte-source.ts'
import { readFloat32 } from '../weights/convert.ts'
import { openWeights } from '../weights/open.ts'
import { tensorData, writeSafetensors } from '../weights/writer.ts'

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
  /** All weights, and each of the optimiser's moments, as vectors. */
  readonly weights: Float32Array
  readonly moments: readonly Float32Array[]
}

const FORMAT = 'stablesig training checkpoint 1'

/** A snapshot as the bytes of a safetensors file. */
export function writeCheckpoint({ step, fingerprint, weights, moments }: Snapshot): Uint8Array {
  const vector = (values: Float32Array) => tensorData(values, [values.length])
  const tensors = { weights: vector(weights), ...Object.fromEntries(moments.map((m, i) => [`moment.${i}`, vector(m)])) }
  return writeSafetensors(tensors, { format: FORMAT, step: `${step}`, fingerprint })
}

/**
 * Reads what writeCheckpoint wrote.
 * @param expected the run's fingerprint and steps, the elements of each vector and how many moments the optimiser keeps
 * @throws StableSigError 'bad-checkpoint' when it is no checkpoint, or that of another run
 */
export async function readCheckpoint(
  bytes: Uint8Array,
  expected: { fingerprint: string; length: number; moments: number; steps: number },
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
  const vector = async (name: string): Promise<Float32Array> => {
    const stored = state.tensors.get(name)
    if (stored?.dtype !== 'float32' || stored.shape.join() !== `${expected.length}`)
      throw refuse(`the checkpoint's tensor ${name} is no vector of ${expected.length} float32 values`)
    return readFloat32(stored)
  }
  const moments: Float32Array[] = []
  for (let i = 0; i < expected.moments; i++) moments.push(await vector(`moment.${i}`))
  return { step: done, fingerprint, weights: await vector('weights'), moments }
}
