// `npx -y pnpm@12 train autoencoder [--name NAME] [--steps N] …`: trains the small autoencoder on training/pictures.
// The latest checkpoint is training/runs/NAME/latest.checkpoint: the same command resumes from it. Beside it stands
// autoencoder.safetensors, the same weights in half precision: a model that readAutoencoder reads.
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { fileCheckpoint, ready, writeFileAtomic } from '@stablesig/backend-node'
import { StableSigError } from '@stablesig/core'
import { autoencoderInCheckpoint, trainAutoencoder } from '@stablesig/core/pretraining'
import type { CheckpointStore } from '@stablesig/core/training'
import { halfFile } from './half-file.ts'
import { here } from './here.ts'
import { journal, stoppable } from './journal.ts'
import { openPictures } from './pictures.ts'

const { values } = parseArgs({
  options: {
    name: { type: 'string', default: 'autoencoder' },
    steps: { type: 'string', default: '60000' },
    size: { type: 'string', default: '64' },
    batch: { type: 'string', default: '12' },
    rate: { type: 'string', default: '1.5e-3' },
    threads: { type: 'string', default: '1' },
    seed: { type: 'string', default: '0' },
    /** Steps between two checkpoints, and between two lines. */
    every: { type: 'string', default: '500' },
    report: { type: 'string', default: '50' },
  },
})
const folder = join(here, 'runs', values.name)
const report = journal(folder)
const { engine } = await ready({ device: 'cpu', threads: Number(values.threads) })
const pictures = await openPictures(join(here, 'pictures'))
report({ engine, pictures: pictures.length, ...values })

const file = fileCheckpoint(join(folder, 'latest.checkpoint'))
const checkpoint: CheckpointStore = {
  every: Number(values.every),
  read: () => file.read(),
  async write(bytes) {
    await file.write(bytes)
    const { step, tensors } = await autoencoderInCheckpoint(bytes)
    await writeFileAtomic(join(folder, 'autoencoder.safetensors'), halfFile(tensors, { step: `${step}` }))
  },
}
try {
  await trainAutoencoder({
    pictures,
    steps: Number(values.steps),
    size: Number(values.size),
    batchSize: Number(values.batch),
    learningRate: Number(values.rate),
    seed: Number(values.seed),
    checkpoint,
    signal: stoppable(),
    onStep(progress) {
      if (progress.step % Number(values.report) === 0 || progress.step === 1)
        report({ ...progress, time: new Date().toISOString() })
    },
  })
} catch (error) {
  if (!(error instanceof StableSigError && error.code === 'aborted')) throw error
  report({ stopped: error.message })
}
