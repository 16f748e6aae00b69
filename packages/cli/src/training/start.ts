import { checkOutputPlace, fileCheckpoint, pixelSet, writeFileAtomic } from '@stablesig/backend-node'
import type { PixelSet } from '@stablesig/core/pretraining'
import type { CheckpointStore } from '@stablesig/core/training'
import { type Card, type TensorData, writeSafetensors } from '@stablesig/weights'
import { readingOf } from '../inputs.ts'
import type { Io } from '../io.ts'
import { startEngine } from '../models.ts'
import type { OptionsOf } from '../options/description.ts'
import { photographsAt } from '../photographs.ts'
import { logTo } from './log.ts'
import type { TRAINING } from './options.ts'

export type TrainingOptions = OptionsOf<typeof TRAINING>

/** A model as a file has it. */
export type ModelTensors = Readonly<Record<string, TensorData>>

/** A model while its training goes on. */
export interface ModelInCheckpoint {
  readonly step: number
  readonly tensors: ModelTensors
  /** What its file says beside steps and seed. */
  readonly card?: Card
}

/** What a training from scratch is given by its command. */
export interface StartedTraining {
  readonly pictures: PixelSet
  readonly checkpoint: CheckpointStore
  log(entry: object): Promise<void>
  /** Writes the model and removes the checkpoint. */
  finish(tensors: ModelTensors, card?: Card): Promise<void>
}

/**
 * Looks at paths, finds the pictures and starts the engine. Checkpoints stand beside the model, which is written with each.
 * @param modelIn the model in a checkpoint
 * @throws StableSigError 'io' where there is no picture, or nothing can be written
 */
export async function startTraining(
  options: TrainingOptions,
  io: Io,
  modelIn: (checkpoint: Uint8Array) => Promise<ModelInCheckpoint>,
): Promise<StartedTraining> {
  const { out, images, every, maxPixels } = options
  await checkOutputPlace(out)
  if (options.log !== undefined) await checkOutputPlace(options.log)
  const pictures = pixelSet(await photographsAt(images, io), readingOf({ maxPixels }))
  await startEngine(options)
  const file = fileCheckpoint(`${out}.checkpoint`)
  const write = (tensors: ModelTensors, step: number, more: Card = {}) => {
    const card: Card = { ...more, step: `${step}`, steps: `${options.steps}`, seed: `${options.seed}` }
    return writeFileAtomic(out, writeSafetensors(tensors, card))
  }
  return {
    pictures,
    log: logTo(options.log),
    checkpoint: {
      every,
      read: () => file.read(),
      async write(bytes) {
        await file.write(bytes)
        const { step, tensors, card } = await modelIn(bytes)
        await write(tensors, step, card)
      },
    },
    async finish(tensors, card) {
      await write(tensors, options.steps, card)
      await file.remove()
    },
  }
}
