import { pairInCheckpoint, pretrain } from '@stablesig/core/pretraining'
import { EXIT } from '../../exit.ts'
import { type Io, jsonLine } from '../../io.ts'
import { makeProgress } from '../../progress.ts'
import { AttackCounts } from '../../training/attack-counts.ts'
import { explainTraining } from '../../training/explain.ts'
import { startTraining } from '../../training/start.ts'
import type { PretrainOptions } from './command.ts'

export async function run(options: PretrainOptions, io: Io): Promise<number> {
  const { steps, seed, size, batch, lr, hold, bits, logEvery, json, out } = options
  const { pictures, checkpoint, log, finish } = await startTraining(options, io, (bytes) =>
    pairInCheckpoint(bytes, { bits }),
  )
  const progress = makeProgress(steps, io, json)
  const counts = new AttackCounts()
  let warned: string | null = null
  const trained = await pretrain({
    ...{ pictures, steps, bits, seed, checkpoint, signal: io.signal },
    ...(size === undefined ? {} : { size }),
    ...(batch === undefined ? {} : { batchSize: batch }),
    ...(lr === undefined ? {} : { learningRate: lr }),
    ...(hold === undefined ? {} : { hold }),
    async onStep({ byAttack, curriculum, ...step }) {
      counts.add(byAttack)
      const { accuracy, bits: used, level } = curriculum
      progress.step(
        step.step,
        `bits ${accuracy.toFixed(3)} of ${used}  attacks ${level.toFixed(2)}  PSNR ${step.psnr.toFixed(1)} dB`,
      )
      if (step.diagnosis && step.diagnosis !== warned) io.err(`${step.diagnosis}\n`)
      warned = step.diagnosis
      if (step.step % logEvery === 0) await log({ ...step, ...curriculum, attacks: counts.take() })
    },
  })
    .catch(explainTraining(`${out}.checkpoint`))
    .finally(() => progress.end())
  await finish(trained.tensors)
  const { curriculum, resumedAt } = trained
  const text = `${out}: ${steps} steps, ${curriculum.bits} of ${bits} bits in use, ${curriculum.accuracy.toFixed(4)} of them read lately\n`
  io.out(json ? jsonLine({ out, steps, resumedAt, bits, curriculum }) : text)
  return EXIT.done
}
