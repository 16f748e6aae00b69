import { dispose, type Tensor1D } from '@tensorflow/tfjs-core'
import { StableSigError } from '../errors.ts'
import { inputVector } from '../ops/hints.ts'
import { type CheckpointStore, readCheckpoint, type StoredRun, writeCheckpoint } from '../training/checkpoint.ts'
import type { Fingerprint } from '../training/fingerprint.ts'

/** What a step changes, as vectors by the name of their group; an alias, since tf.tidy passes plain records only. */
export type VectorGroups = { [group: string]: Tensor1D[] }

/** The values of vector groups, outside of an engine. */
export type GroupValues = Readonly<Record<string, readonly Float32Array[]>>

/** A model in training, as the loop below sees it. */
export interface TrainingTask<Batch, Progress> {
  /** Steps in all. */
  readonly steps: number
  /** What decides the outcome; null where no checkpoint is kept. */
  readonly fingerprint: Fingerprint | null
  initial(): { readonly groups: GroupValues; readonly progress: Progress }
  /** A stored progress, checked. @throws StableSigError 'bad-checkpoint' */
  parseProgress(stored: unknown): Progress
  /** The data of step `step`, from 0, as values: made one step ahead. May depend on nothing but the number. */
  load(step: number): Promise<Batch>
  /**
   * Records a step without reading anything, and leaves `groups` to its caller. Tensors differ from step to step in their
   * values alone, so that a compiling engine compiles it once.
   * @returns the new groups, and measured values [M] of the state before them; the first is the loss
   */
  record(groups: VectorGroups, batch: Batch, step: number, progress: Progress): RecordedStep
  /** What the run knows after a step. */
  advance(progress: Progress, metrics: readonly number[], batch: Batch, step: number): Progress
}

export type RecordedStep = { groups: VectorGroups; metrics: Tensor1D }

/** A step that is done. */
export interface StepReport<Progress> {
  /** Steps done, from 1. */
  readonly step: number
  readonly steps: number
  readonly metrics: readonly number[]
  /** What the run knew when the step was taken. */
  readonly before: Progress
  /** What it knows now. */
  readonly progress: Progress
  /** Seconds that it took, its data included. */
  readonly seconds: number
}

export interface RunOptions<Progress> {
  readonly checkpoint?: CheckpointStore | undefined
  readonly signal?: AbortSignal | undefined
  readonly onStep?: ((report: StepReport<Progress>) => void | Promise<void>) | undefined
}

export interface FinishedRun<Progress> {
  readonly groups: GroupValues
  readonly progress: Progress
  /** Steps that a checkpoint had done already. */
  readonly resumedAt: number
}

const CHECKPOINT_EVERY = 100

/** What a checkpoint of these trainings calls itself. */
export const PRETRAINING_CHECKPOINT = 'stablesig pretraining checkpoint 1'

/**
 * Takes all steps of a training, resuming from a checkpoint where there is one. Weights are the same, bit for bit on one engine,
 * however often the run is stopped and resumed.
 * @throws StableSigError 'aborted' after a checkpoint was written; 'not-finite' when the loss is lost; 'bad-checkpoint'
 */
export async function runTraining<Batch, Progress>(
  task: TrainingTask<Batch, Progress>,
  { checkpoint, signal, onStep }: RunOptions<Progress>,
): Promise<FinishedRun<Progress>> {
  const start = task.initial()
  const resumed = await resume(task, start.groups, checkpoint)
  let progress = resumed ? task.parseProgress(resumed.progress) : start.progress
  let groups = tensorsOf(resumed?.groups ?? start.groups)
  let done = resumed?.step ?? 0
  const save = async () => {
    const { fingerprint } = task
    await checkpoint?.write(
      writeCheckpoint(PRETRAINING_CHECKPOINT, { step: done, fingerprint, groups: await valuesOf(groups), progress }),
    )
  }
  let next: Promise<Batch> | undefined
  try {
    while (done < task.steps) {
      if (signal?.aborted) {
        await save()
        throw new StableSigError('aborted', `stopped after ${done} of ${task.steps} steps`)
      }
      const started = performance.now()
      const batch = await (next ?? task.load(done))
      next = done + 1 < task.steps ? task.load(done + 1) : undefined
      // What loading the next batch throws is thrown when its turn comes.
      next?.catch(() => undefined)
      const recorded = task.record(groups, batch, done, progress)
      // Before anything is computed: an engine may then put new values where the old ones are.
      dispose(groups)
      groups = recorded.groups
      const metrics = Array.from(await recorded.metrics.data().finally(() => recorded.metrics.dispose()))
      if (!Number.isFinite(metrics[0]))
        throw new StableSigError(
          'not-finite',
          `the loss of step ${done + 1} is ${metrics[0]}: lower the learning rate, or resume from an earlier checkpoint`,
        )
      const before = progress
      progress = task.advance(progress, metrics, batch, done)
      done++
      const seconds = (performance.now() - started) / 1000
      await onStep?.({ step: done, steps: task.steps, metrics, before, progress, seconds })
      if (done === task.steps || done % (checkpoint?.every ?? CHECKPOINT_EVERY) === 0) await save()
    }
    return { groups: await valuesOf(groups), progress, resumedAt: resumed?.step ?? 0 }
  } finally {
    // What is being loaded may hold tensors until it is.
    await next?.catch(() => undefined)
    dispose(groups)
  }
}

/**
 * What a checkpoint of such a training holds, whichever run it is of: models, while their training goes on.
 * @param lengths of the vectors of each group that is wanted
 * @throws StableSigError 'bad-checkpoint' when it is not one, or of another architecture
 */
export const readTrained = (
  bytes: Uint8Array,
  lengths: Readonly<Record<string, readonly number[]>>,
): Promise<StoredRun> => readCheckpoint(bytes, { format: PRETRAINING_CHECKPOINT, fingerprint: null, lengths })

async function resume<Batch, Progress>(
  task: TrainingTask<Batch, Progress>,
  groups: GroupValues,
  checkpoint: CheckpointStore | undefined,
): Promise<StoredRun | null> {
  const stored = await checkpoint?.read()
  if (!stored) return null
  const lengths = Object.entries(groups).map(
    ([group, vectors]) => [group, vectors.map(({ length }) => length)] as const,
  )
  return readCheckpoint(stored, {
    format: PRETRAINING_CHECKPOINT,
    fingerprint: task.fingerprint,
    lengths: Object.fromEntries(lengths),
  })
}

const tensorsOf = (groups: GroupValues): VectorGroups =>
  Object.fromEntries(Object.entries(groups).map(([group, vectors]) => [group, vectors.map(inputVector)]))

async function valuesOf(groups: VectorGroups): Promise<GroupValues> {
  const values: Record<string, Float32Array[]> = {}
  for (const [group, vectors] of Object.entries(groups))
    values[group] = await Promise.all(vectors.map((vector) => vector.data<'float32'>()))
  return values
}
