import { withWeights } from '@stablesig/backend-node'
import { hiddenInCheckpoint, pairInCheckpoint, pretrain, pretrainHidden } from '@stablesig/core/pretraining'
import type { StateDict } from '@stablesig/weights'
import { EXIT, UsageError } from '../../exit.ts'
import { type Io, jsonLine } from '../../io.ts'
import { makeProgress } from '../../progress.ts'
import { AttackCounts } from '../../training/attack-counts.ts'
import { explainTraining } from '../../training/explain.ts'
import { type StartedTraining, startTraining } from '../../training/start.ts'
import type { PretrainOptions } from './command.ts'

export async function run(options: PretrainOptions, io: Io): Promise<number> {
  const { bits, recipe, steps, json, out } = options
  const published = recipe === 'published'
  if (published && options.start !== undefined)
    throw new UsageError('--start is for --recipe light: the published recipe trains from its first step')
  if (!published && options.attenuate)
    throw new UsageError('--attenuate is for --recipe published: the light recipe takes no notice of it')
  const started = await startTraining(options, io, (bytes) =>
    published ? hiddenInCheckpoint(bytes, { bits }) : pairInCheckpoint(bytes, { bits }),
  )
  const { tensors, ...trained } = await (published ? trainPublished : trainLight)(options, started, io)
  await started.finish(tensors)
  const { used, accuracy } = trained
  const text = `${out}: ${steps} steps, ${used} of ${bits} bits in use, ${accuracy.toFixed(4)} of them read lately\n`
  io.out(json ? jsonLine({ out, steps, recipe, bits, ...trained }) : text)
  return EXIT.done
}

/** Of a run that is done. */
interface Trained extends Pick<Awaited<ReturnType<typeof pretrain>>, 'tensors' | 'resumedAt'> {
  /** Bits of the message that the last step had. */
  readonly used: number
  /** Running share of them that is read, 0..1. */
  readonly accuracy: number
}

async function trainLight(options: PretrainOptions, started: StartedTraining, io: Io): Promise<Trained> {
  const { tell, log, end } = following(options, started, io)
  const train = (start?: StateDict) =>
    pretrain({
      ...common(options, started, io),
      ...(options.hold === undefined ? {} : { hold: options.hold }),
      start,
      async onStep({ byAttack, curriculum, ...step }) {
        const { accuracy, bits, level } = curriculum
        tell(
          step,
          `bits ${accuracy.toFixed(3)} of ${bits}  attacks ${level.toFixed(2)}  PSNR ${step.psnr.toFixed(1)} dB`,
        )
        await log(byAttack, { ...step, ...curriculum })
      },
    })
  const { start } = options
  const { tensors, curriculum, resumedAt } = await (start === undefined ? train() : withWeights(start, train))
    .catch(explainTraining(`${options.out}.checkpoint`))
    .finally(end)
  return { tensors, resumedAt, used: curriculum.bits, accuracy: curriculum.accuracy }
}

async function trainPublished(options: PretrainOptions, started: StartedTraining, io: Io): Promise<Trained> {
  const { tell, log, end } = following(options, started, io)
  const { tensors, accuracy, resumedAt } = await pretrainHidden({
    ...common(options, started, io),
    embed: { attenuate: options.attenuate ?? false },
    async onStep({ byAttack, ...step }) {
      tell(step, `loss ${step.loss.toFixed(4)}  bits ${step.accuracy.toFixed(3)}  PSNR ${step.psnr.toFixed(1)} dB`)
      await log(byAttack, step)
    },
  })
    .catch(explainTraining(`${options.out}.checkpoint`))
    .finally(end)
  return { tensors, resumedAt, used: options.bits, accuracy }
}

/** What both recipes are given. */
const common = (
  { steps, bits, seed, size, batch, lr }: PretrainOptions,
  { pictures, checkpoint }: StartedTraining,
  { signal }: Io,
) => ({
  ...{ pictures, steps, bits, seed, checkpoint, signal },
  ...(size === undefined ? {} : { size }),
  ...(batch === undefined ? {} : { batchSize: batch }),
  ...(lr === undefined ? {} : { learningRate: lr }),
})

/** A step as both recipes tell of it. */
interface Told {
  readonly step: number
  readonly diagnosis: string | null
}

/** How a run is followed: on the terminal, and by the lines of --log. */
function following({ steps, json, logEvery }: PretrainOptions, { log }: StartedTraining, io: Io) {
  const progress = makeProgress(steps, io, json)
  const counts = new AttackCounts()
  let warned: string | null = null
  return {
    tell({ step, diagnosis }: Told, text: string): void {
      progress.step(step, text)
      if (diagnosis && diagnosis !== warned) io.err(`${diagnosis}\n`)
      warned = diagnosis
    },
    async log(byAttack: Parameters<AttackCounts['add']>[0], entry: Told): Promise<void> {
      counts.add(byAttack)
      if (entry.step % logEvery === 0) await log({ ...entry, attacks: counts.take() })
    },
    end: () => progress.end(),
  }
}
