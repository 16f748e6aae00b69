import { autoencoderInCheckpoint, trainAutoencoder } from '@stablesig/core/pretraining'
import { EXIT } from '../../exit.ts'
import { type Io, jsonLine } from '../../io.ts'
import { makeProgress } from '../../progress.ts'
import { explainTraining } from '../../training/explain.ts'
import { startTraining } from '../../training/start.ts'
import type { TrainAutoencoderOptions } from './command.ts'

export async function run(options: TrainAutoencoderOptions, io: Io): Promise<number> {
  const { pictures, checkpoint, log, finish } = await startTraining(options, io, (bytes) =>
    autoencoderInCheckpoint(bytes),
  )
  const { steps, seed, size, batch, lr, hold, logEvery, json, out } = options
  const progress = makeProgress(steps, io, json)
  let meanPsnr: number | null = null
  const trained = await trainAutoencoder({
    ...{ pictures, steps, seed, checkpoint, signal: io.signal },
    ...(size === undefined ? {} : { size }),
    ...(batch === undefined ? {} : { batchSize: batch }),
    ...(lr === undefined ? {} : { learningRate: lr }),
    ...(hold === undefined ? {} : { hold }),
    async onStep(step) {
      meanPsnr = step.meanPsnr
      progress.step(step.step, `loss ${step.loss.toFixed(4)}  PSNR ${step.meanPsnr.toFixed(1)} dB`)
      if (step.step % logEvery === 0) await log(step)
    },
  })
    .catch(explainTraining(`${out}.checkpoint`))
    .finally(() => progress.end())
  await finish(trained.tensors)
  const psnr = meanPsnr === null ? '' : `, ${Number(meanPsnr).toFixed(2)} dB on its last crops`
  io.out(json ? jsonLine({ out, steps, resumedAt: trained.resumedAt, meanPsnr }) : `${out}: ${steps} steps${psnr}\n`)
  return EXIT.done
}
