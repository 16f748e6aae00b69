import { checkOutputFile, openMinter, writeFileAtomic } from '@stablesig/backend-node'
import { StableSigError } from '@stablesig/core'
import {
  minterInCheckpoint,
  storedMinter,
  type TrainMinterOptions as Training,
  trainMinter,
} from '@stablesig/core/minting'
import { type Extractor, storedExtractor } from '@stablesig/core/models'
import { writeSafetensors } from '@stablesig/weights'
import { autoencoderFiles, checkAutoencoderFiles } from '../../autoencoder.ts'
import { disposing } from '../../disposal.ts'
import { EXIT, UsageError } from '../../exit.ts'
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
    checkOptions(options)
    await checkAutoencoderFiles(files)
    await checkImageLoss(options)
    if (options.extractorOut !== undefined) await checkOutputFile(options.extractorOut)
    let training: Training | undefined
    const { pictures, checkpoint, log, finish } = await startTraining(options, io, async (bytes) => {
      if (!training) throw new StableSigError('bad-argument', 'no training has begun')
      const { step, minter, extractor } = await minterInCheckpoint(bytes, training)
      await saveExtractor(options.extractorOut, extractor)
      return { step, ...storedMinter(minter) }
    })
    const start = options.start === undefined ? undefined : await openMinter(options.start)
    const extractor = own(await extractorAt(options.extractor))
    // Whether it can be written is found out before it is trained.
    if (options.extractorOut !== undefined) await storedExtractor(extractor)
    const autoencoder = own(await autoencoderAt(files))
    const imageLoss = await imageLossAt(options, own)
    const models = { autoencoder, extractor, imageLoss }
    training = { ...trainingOf(options), ...models, start, pictures, checkpoint, signal: io.signal }
    const { steps, logEvery, json, out } = options
    const progress = makeProgress(steps, io, json)
    const counts = new AttackCounts()
    let warned: string | null = null
    const {
      minter,
      extractor: trained,
      means,
      resumedAt,
      recipe,
    } = await trainMinter({
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
    await saveExtractor(options.extractorOut, trained)
    const { tensors, card } = storedMinter(minter)
    await finish(tensors, card)
    const text =
      `${out}: ${steps} steps of ${recipe.batchSize} cut-outs at ${recipe.size} px; lately ${means.bitAccuracy.toFixed(4)} of the bits ` +
      `read through attacks, ${means.psnr.toFixed(2)} dB\n`
    io.out(json ? jsonLine({ out, steps, resumedAt, recipe, lately: means }) : text)
    return EXIT.done
  })

/**
 * @throws UsageError where an extractor is to be trained and not kept, or kept and not trained; for an option that --start leaves without effect
 */
function checkOptions({ extractorRate = 0, extractorOut, start, startImageWeight }: TrainMinterOptions): void {
  if (start !== undefined && startImageWeight !== undefined)
    throw new UsageError(
      '--start-image-weight is for a minter that begins from nothing: with --start it is that of the end',
    )
  if (extractorRate > 0 !== (extractorOut !== undefined))
    throw new UsageError('--extractor-rate above 0 and --extractor-out FILE belong together')
}

/** An extractor that was trained beside the minter, which is done with then. */
async function saveExtractor(path: string | undefined, extractor: Extractor | null): Promise<void> {
  if (path === undefined || !extractor) return
  try {
    await writeFileAtomic(path, writeSafetensors(await storedExtractor(extractor)))
  } finally {
    extractor.dispose()
  }
}

const trainingOf = (
  options: TrainMinterOptions,
): Omit<Training, 'autoencoder' | 'extractor' | 'pictures' | 'start'> => ({
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
  extractorRate: options.extractorRate,
  window: options.window,
  temperature: options.temperature,
})
