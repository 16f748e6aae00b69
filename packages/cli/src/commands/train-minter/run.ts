import {
  checkOutputFile,
  type OpenedAutoencoder,
  openMinter,
  roundDecoder,
  saveDecoder,
  writeFileAtomic,
} from '@stablesig/backend-node'
import { StableSigError } from '@stablesig/core'
import {
  type Minter,
  type MinterParts,
  minterInCheckpoint,
  networkHash,
  storedMinter,
  type TrainMinterOptions as Training,
  trainMinter,
} from '@stablesig/core/minting'
import { storedExtractor } from '@stablesig/core/models'
import { writeSafetensors } from '@stablesig/weights'
import { autoencoderFiles, checkAutoencoderFiles, withDecoder } from '../../autoencoder.ts'
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
    for (const path of [options.extractorOut, options.decoderOut]) if (path !== undefined) await checkOutputFile(path)
    let training: (Training & { readonly autoencoder: OpenedAutoencoder }) | undefined
    const { pictures, checkpoint, log, finish } = await startTraining(options, io, async (bytes) => {
      if (!training) throw new StableSigError('bad-argument', 'no training has begun')
      const { step, ...parts } = await minterInCheckpoint(bytes, training)
      return { step, ...storedMinter(await saveBeside(parts, training.autoencoder, options)) }
    })
    const start = options.start === undefined ? undefined : await openMinter(options.start)
    const extractor = own(await extractorAt(options.extractor))
    // Whether it can be written is found out before it is trained.
    if (options.extractorOut !== undefined) await storedExtractor(extractor)
    const autoencoder = own(await autoencoderAt(files))
    const startDecoder =
      options.startDecoder === undefined
        ? undefined
        : own(await autoencoderAt(withDecoder(files, options.startDecoder))).decoder
    const imageLoss = await imageLossAt(options, own)
    const models = { autoencoder, extractor, imageLoss, startDecoder }
    training = { ...trainingOf(options), ...models, start, pictures, checkpoint, signal: io.signal }
    const { steps, logEvery, json, out } = options
    const progress = makeProgress(steps, io, json)
    const counts = new AttackCounts()
    let warned: string | null = null
    const { means, resumedAt, recipe, ...parts } = await trainMinter({
      ...training,
      async onStep({ byAttack, ...step }) {
        counts.add(byAttack)
        progress.step(
          step.step,
          `loss ${step.loss.toFixed(4)}  bits ${step.meanBitAccuracy.toFixed(3)} of ${step.bits}  PSNR ${step.meanPsnr.toFixed(1)} dB  level ${step.level.toFixed(2)}`,
        )
        if (step.diagnosis && step.diagnosis !== warned) io.err(`${step.diagnosis}\n`)
        warned = step.diagnosis
        if (step.step % logEvery === 0) await log({ ...step, attacks: counts.take() })
      },
    })
      .catch(explainTraining(`${out}.checkpoint`))
      .finally(() => progress.end())
    const { tensors, card } = storedMinter(await saveBeside(parts, autoencoder, options))
    await finish(tensors, card)
    const text =
      `${out}: ${steps} steps of ${recipe.batchSize} cut-outs at ${recipe.size} px; lately ${means.bitAccuracy.toFixed(4)} of the bits ` +
      `read through attacks, ${means.psnr.toFixed(2)} dB\n`
    io.out(json ? jsonLine({ out, steps, resumedAt, recipe, lately: means }) : text)
    return EXIT.done
  })

/**
 * @throws UsageError where an extractor or a decoder is to be trained and not kept, or kept and not trained; for options that --start
 *   leaves without effect, or that need it
 */
function checkOptions(options: TrainMinterOptions): void {
  const {
    extractorRate = 0,
    extractorOut,
    decoderRate = 0,
    decoderOut,
    start,
    startBits,
    startDecoder,
    startImageWeight,
    startTemperature,
  } = options
  for (const [name, value, instead] of [
    ['--start-image-weight', startImageWeight, 'it is that of the end'],
    ['--start-temperature', startTemperature, 'it is that of the end'],
    ['--start-bits', startBits, 'all bits are in use'],
  ])
    if (start !== undefined && value !== undefined)
      throw new UsageError(`${name} is for a minter that begins from nothing: with --start ${instead}`)
  if (extractorRate > 0 !== (extractorOut !== undefined))
    throw new UsageError('--extractor-rate above 0 and --extractor-out FILE belong together')
  if (decoderRate > 0 !== (decoderOut !== undefined))
    throw new UsageError('--decoder-rate above 0 and --decoder-out FILE belong together')
  if (startDecoder !== undefined && start === undefined)
    throw new UsageError('--start-decoder is the decoder that a minter was trained with: --start FILE names the minter')
}

/**
 * Writes an extractor and a decoder that were trained beside the minter, which are done with then.
 * @returns the minter, bound to the decoder as its file has it
 */
async function saveBeside(
  { minter, extractor, decoder }: MinterParts,
  autoencoder: OpenedAutoencoder,
  { extractorOut, decoderOut }: TrainMinterOptions,
): Promise<Minter> {
  try {
    if (extractor && extractorOut !== undefined)
      await writeFileAtomic(extractorOut, writeSafetensors(await storedExtractor(extractor)))
    if (!decoder || decoderOut === undefined) return minter
    const rounded = await roundDecoder(autoencoder, decoder)
    try {
      await saveDecoder(decoderOut, { autoencoder, decoder: rounded, format: 'safetensors' })
      return { ...minter, decoderHash: await networkHash(rounded.weights) }
    } finally {
      rounded.dispose()
    }
  } finally {
    extractor?.dispose()
    decoder?.dispose()
  }
}

const trainingOf = (
  options: TrainMinterOptions,
): Omit<Training, 'autoencoder' | 'extractor' | 'pictures' | 'start' | 'startDecoder'> => ({
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
  decoderRate: options.decoderRate,
  window: options.window,
  startBits: options.startBits,
  temperature: options.temperature,
  startTemperature: options.startTemperature,
})
