// `npx -y pnpm@12 train pretrain [--name NAME] [--bits N] [--steps N] …`: trains a watermark encoder and the light extractor on
// training/pictures. The latest checkpoint is training/runs/NAME/latest.checkpoint: the same command resumes from it. Beside it
// stands pair.safetensors, the weights in single precision.
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { fileCheckpoint, ready, writeFileAtomic } from '@stablesig/backend-node'
import { StableSigError } from '@stablesig/core'
import { pairInCheckpoint, pretrain } from '@stablesig/core/pretraining'
import type { CheckpointStore } from '@stablesig/core/training'
import { writeSafetensors } from '@stablesig/weights'
import { here } from './here.ts'
import { journal, stoppable } from './journal.ts'
import { openPictures } from './pictures.ts'

const { values } = parseArgs({
  options: {
    name: { type: 'string', default: 'pair' },
    bits: { type: 'string', default: '48' },
    steps: { type: 'string', default: '40000' },
    size: { type: 'string', default: '64' },
    batch: { type: 'string', default: '16' },
    rate: { type: 'string', default: '4e-3' },
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

const bits = Number(values.bits)
const file = fileCheckpoint(join(folder, 'latest.checkpoint'))
const checkpoint: CheckpointStore = {
  every: Number(values.every),
  read: () => file.read(),
  async write(bytes) {
    await file.write(bytes)
    const { step, tensors } = await pairInCheckpoint(bytes, { bits })
    await writeFileAtomic(join(folder, 'pair.safetensors'), writeSafetensors(tensors, { step: `${step}` }))
  },
}
/** Bits read since the last line, by attack. */
let counts: Record<string, { matches: number; total: number }> = {}
try {
  await pretrain({
    pictures,
    bits,
    steps: Number(values.steps),
    size: Number(values.size),
    batchSize: Number(values.batch),
    learningRate: Number(values.rate),
    seed: Number(values.seed),
    checkpoint,
    signal: stoppable(),
    onStep({ byAttack, curriculum, ...progress }) {
      for (const [name, { matches, total }] of Object.entries(byAttack)) {
        counts[name] ??= { matches: 0, total: 0 }
        counts[name].matches += matches
        counts[name].total += total
      }
      if (progress.step % Number(values.report) !== 0 && progress.step !== 1) return
      const attacks = Object.entries(counts).map(([name, { matches, total }]) => [name, matches / total] as const)
      report({ ...progress, ...curriculum, attacks: Object.fromEntries(attacks), time: new Date().toISOString() })
      counts = {}
    },
  })
} catch (error) {
  if (!(error instanceof StableSigError && error.code === 'aborted')) throw error
  report({ stopped: error.message })
}
