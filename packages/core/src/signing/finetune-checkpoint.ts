import type { Tensor1D } from '@tensorflow/tfjs-core'
import { StableSigError } from '../errors.ts'
import { lossFingerprint } from '../losses/image.ts'
import { keyId } from '../signal/key.ts'
import { readCheckpoint, writeCheckpoint } from '../training/checkpoint.ts'
import { type Fingerprint, fingerprintOf, hashOf, weightsHash } from '../training/fingerprint.ts'
import { type ImageSet, readAhead } from '../training/image-set.ts'
import type { FinetunePlan } from './finetune-plan.ts'

const FORMAT = 'stablesig fine-tuning checkpoint 3'

/** Weights and the optimiser's state, outside of an engine: the layout's vectors by the name of their group. */
export interface StateValues {
  readonly weights: readonly Float32Array[]
  readonly optimizer: Readonly<Record<string, readonly Float32Array[]>>
}

/** A state's vectors of the optimiser, by the name that a file has for them. */
const OPTIMIZER = 'optimizer.'

/** Where a fine-tuning is kept between two steps. */
export class FinetuneCheckpoint {
  readonly #plan: FinetunePlan
  readonly #fingerprint: Fingerprint | null
  /** The plan's; those that were looked at here are not read again when their turn comes. */
  readonly images: ImageSet

  private constructor(plan: FinetunePlan, fingerprint: Fingerprint | null, images: ImageSet) {
    this.#plan = plan
    this.#fingerprint = fingerprint
    this.images = images
  }

  /** Where nothing is kept, nothing is looked at. */
  static async open(plan: FinetunePlan): Promise<FinetuneCheckpoint> {
    if (!plan.checkpoint) return new FinetuneCheckpoint(plan, null, plan.images)
    const { values, images } = await readAhead(plan.images, plan.order(0), plan.recipe.size)
    return new FinetuneCheckpoint(plan, await fingerprint(plan, values), images)
  }

  /** Whether a checkpoint is written after so many steps. */
  isDue(step: number): boolean {
    const { checkpoint, steps } = this.#plan
    return checkpoint !== null && step < steps && step % checkpoint.every === 0
  }

  /**
   * The state of a run with the same arguments, where one was kept.
   * @param start the state as it is before the first step, whose names and lengths are expected
   * @throws StableSigError 'bad-checkpoint' when it is damaged or of another run
   */
  async resume(start: StateValues): Promise<{ readonly step: number; readonly state: StateValues } | null> {
    const stored = await this.#plan.checkpoint?.read()
    if (!stored) return null
    const lengthsOf = (vectors: readonly Float32Array[]) => vectors.map(({ length }) => length)
    const lengths = Object.entries(groupsOf(start)).map(([group, vectors]) => [group, lengthsOf(vectors)] as const)
    const { step, groups } = await readCheckpoint(stored, {
      format: FORMAT,
      fingerprint: this.#fingerprint,
      lengths: Object.fromEntries(lengths),
    })
    if (step > this.#plan.steps)
      throw new StableSigError(
        'bad-checkpoint',
        `cannot resume: the checkpoint says ${step} steps were done of ${this.#plan.steps}`,
      )
    const names = Object.keys(start.optimizer)
    const optimizer = Object.fromEntries(names.map((name) => [name, groups[OPTIMIZER + name] ?? []]))
    return { step, state: { weights: groups.weights ?? [], optimizer } }
  }

  async write(step: number, state: StateValues): Promise<void> {
    const snapshot = { step, fingerprint: this.#fingerprint, groups: groupsOf(state), progress: null }
    await this.#plan.checkpoint?.write(writeCheckpoint(FORMAT, snapshot))
  }
}

const groupsOf = ({ weights, optimizer }: StateValues): Record<string, readonly Float32Array[]> => ({
  weights,
  ...Object.fromEntries(Object.entries(optimizer).map(([name, vectors]) => [OPTIMIZER + name, vectors])),
})

/** What decides a run's outcome. The key goes in by its id, which may be shown; of the images, the first batch. */
async function fingerprint(plan: FinetunePlan, firstBatch: readonly Float32Array[]): Promise<Fingerprint> {
  const { autoencoder, images, key, model, recipe, schedule, seed, start } = plan
  return fingerprintOf({
    recipe,
    optimizer: model.optimizer.fingerprint,
    imageLoss: lossFingerprint(model.imageLoss),
    lambdaImage: model.lambdaImage,
    seed,
    images: images.length,
    pictures: await Promise.all(firstBatch.map(hashOf)),
    rates: Array.from({ length: recipe.steps }, (_, step) => schedule(step)),
    key: await keyId(key),
    encoder: await weightsHash(autoencoder.encoder.weights),
    decoder: await weightsHash(autoencoder.decoder.weights),
    extractor: await weightsHash(model.extractor.weights),
    ...(start ? { start: await weightsHash(start) } : {}),
  })
}

/** The values of vectors. */
export const valuesOf = (vectors: readonly Tensor1D[]): Promise<Float32Array[]> =>
  Promise.all(vectors.map((vector) => vector.data<'float32'>()))
