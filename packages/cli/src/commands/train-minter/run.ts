import { StableSigError } from '@stablesig/core'
import {
  type MinterFrame,
  minterInCheckpoint,
  storedMinter,
  type TrainMinterOptions as Training,
  trainMinter,
  untrainedMinter,
} from '@stablesig/core/minting'
import { autoencoderFiles, checkAutoencoderFiles } from '../../autoencoder.ts'
import { disposing } from '../../disposal.ts'
import { EXIT } from '../../exit.ts'
import { checkImageLoss, imageLossAt } from '../../image-loss.ts'
import { type Io, jsonLine } from '../../io.ts'
import { autoencoderAt, extractorAt } from '../../models.ts'
import { makeProgress } from '../../progress.ts'
import { AttackCounts } from '../../training/attack-counts.ts'
import { explainTraining } from '../../training/explain.ts'
import { startTraining } from '../../training/start.ts'
import type { TrainMinterOptions } from './command.ts'

export const run = (options: TrainMinterOptions, io: Io): Promise<number> =>
  disposing(async (own) => {
    const files = autoencoderFiles(options)
    await checkAutoencoderFiles(files)
    await checkImageLoss(options)
    let frame: MinterFrame | undefined
    const { pictures, checkpoint, log, finish } = await startTraining(options, io, async (bytes) => {
      if (!frame) throw new StableSigError('bad-argument', 'no training has begun')
      const { step, minter } = await minterInCheckpoint(bytes, frame)
      return { step, ...storedMinter(minter) }
    })
    const extractor = own(await extractorAt(options.extractor))
    const autoencoder = own(await autoencoderAt(files))
    const imageLoss = await imageLossAt(options, own)
    const models = { autoencoder, extractor, imageLoss }
    const training = { ...trainingOf(options), ...models, pictures, checkpoint, signal: io.signal }
    frame = await untrainedMinter(training)
    const { steps, logEvery, json, out } = options
    const progress = makeProgress(steps, io, json)
    const counts = new AttackCounts()
    let warned: string | null = null
    const { minter, means, resumedAt, recipe } = await trainMinter({
      ...training,
      async onStep({ byAttack, ...step }) {
        counts.add(byAttack)
        progress.step(
          step.step,
          `loss ${step.loss.toFixed(4)}  bits ${step.meanBitAccuracy.toFixed(3)}  PSNR ${step.meanPsnr.toFixed(1)} dB  level ${step.level.toFixed(2)}`,
        )
        if (step.diagnosis && step.diagnosis !== warned) io.err(`${step.diagnosis}\n`)
        warned = step.diagnosis
        if (step.step % logEvery === 0) await log({ ...step, attacks: counts.take() })
      },
    })
      .catch(explainTraining(`${out}.checkpoint`))
      .finally(() => progress.end())
    const { tensors, card } = storedMinter(minter)
    await finish(tensors, card)
    const text =
      `${out}: ${steps} steps of ${recipe.batchSize} cut-outs at ${recipe.size} px; lately ${means.bitAccuracy.toFixed(4)} of the bits ` +
      `read through attacks, ${means.psnr.toFixed(2)} dB\n`
    io.out(json ? jsonLine({ out, steps, resumedAt, recipe, lately: means }) : text)
    return EXIT.done
  })

const trainingOf = (options: TrainMinterOptions): Omit<Training, 'autoencoder' | 'extractor' | 'pictures'> => ({
  steps: options.steps,
  seed: options.seed,
  size: options.size,
  batchSize: options.batch,
  learningRate: options.lr,
  hold: options.hold,
  cutOuts: options.cutOuts,
  imageWeight: options.imageWeight,
  startImageWeight: options.startImageWeight,
  cacheBytes: options.cache === undefined ? undefined : options.cache * 2 ** 20,
  gradientCheckpointing: options.gradientCheckpointing,
  attacks: options.withoutAttacks ? null : undefined,
})
