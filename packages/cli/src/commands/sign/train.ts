import { fileCheckpoint } from '@stablesig/backend-node'
import { type FinetuneReport, finetuneDecoder, type LatentDecoder } from '@stablesig/core'
import { checkMintersExtractor, mint } from '@stablesig/core/minting'
import { type PreparedImages, recipeOf } from '@stablesig/core/training'
import { withDecoder } from '../../autoencoder.ts'
import { disposing, type Own } from '../../disposal.ts'
import { imageLossAt } from '../../image-loss.ts'
import type { Io } from '../../io.ts'
import { autoencoderAt } from '../../models.ts'
import { makeProgress } from '../../progress.ts'
import { tellFindings } from '../../self-test.ts'
import { explainTraining } from '../../training/explain.ts'
import type { SignOptions } from './command.ts'
import { type Figures, figuresOf } from './judge.ts'
import type { SigningModels } from './models.ts'
import type { Aims, SigningPlan } from './plan.ts'

/** Steps whose losses are read together on a GPU, where weights and moments would travel to it and back each time. */
const STEPS_ON_A_GPU = 4

/** A decoder that was trained to carry the key. */
export interface Trained {
  readonly decoder: LatentDecoder
  readonly report: FinetuneReport
  /** What was asked of held-out images, and whether it was reached; null where nothing was. */
  readonly earlyStopping: (Aims & { readonly reached: boolean; readonly step: number | null }) | null
  /** Of the last judgement in training, where there was one. */
  readonly judged: Figures | null
}

/** Fine-tunes the decoder, and tells how far it is. @throws StableSigError as finetuneDecoder, with what to do */
export const train = (
  plan: SigningPlan,
  models: SigningModels,
  heldOut: PreparedImages,
  options: SignOptions,
  io: Io,
): Promise<Trained> => disposing((own) => trained(own, plan, models, heldOut, options, io))

async function trained(
  own: Own,
  plan: SigningPlan,
  { autoencoder, extractor, engine }: SigningModels,
  heldOut: PreparedImages,
  options: SignOptions,
  io: Io,
): Promise<Trained> {
  const { key, size, steps, maxSteps, aims, judgedAt } = plan
  const minted = await startOf(own, plan, autoencoder, extractor, options)
  const start = minted && own(minted)
  const imageLoss = await imageLossAt(options, own)
  const { temperature } = recipeOf(options.preset, { temperature: options.temperature }).recipe
  await tellFindings({ autoencoder, extractor, images: plan.training, key, temperature, size, signal: io.signal }, io)
  const progress = makeProgress(maxSteps, io, options.json)
  const { decoder, report } = await finetuneDecoder({
    autoencoder,
    extractor,
    key,
    ...(start ? { start } : {}),
    images: plan.training,
    preset: options.preset,
    ...(imageLoss === undefined ? {} : { imageLoss }),
    ...(options.withoutAttacks ? { attacks: null } : {}),
    seed: options.seed,
    size,
    steps,
    ...(options.batch === undefined ? {} : { batchSize: options.batch }),
    memoryBytes: options.memory === undefined ? undefined : options.memory * 2 ** 30,
    accumulate: options.accumulate,
    gradientCheckpointing: options.gradientCheckpointing,
    ...(options.lr === undefined ? {} : { learningRate: options.lr }),
    ...(options.lambdaImage === undefined ? {} : { lambdaImage: options.lambdaImage }),
    temperature,
    ...(aims ? { earlyStopping: { ...aims, images: heldOut, maxSteps } } : {}),
    stepsPerFlush: engine.device === 'cpu' ? 1 : STEPS_ON_A_GPU,
    signal: io.signal,
    checkpoint: fileCheckpoint(plan.checkpoint),
    onStep: (step) =>
      progress.step(
        step.step,
        `loss ${step.loss.toFixed(4)}  bits ${step.bitAccuracy.toFixed(3)}  PSNR ${step.psnr.toFixed(1)} dB`,
      ),
  })
    .catch(explainTraining(plan.checkpoint))
    .finally(() => progress.end())
  const { earlyStopping } = report
  const last = earlyStopping?.evaluations.at(-1)
  return {
    decoder,
    report,
    earlyStopping: earlyStopping && { ...aims, reached: earlyStopping.reached, step: earlyStopping.step },
    judged: last ? figuresOf(last, judgedAt) : null,
  }
}

/** The minted decoder that training begins with, where one does. @throws StableSigError 'bad-weights' for another's minter */
async function startOf(
  own: Own,
  { minter, key, autoencoder: files }: SigningPlan,
  autoencoder: SigningModels['autoencoder'],
  extractor: SigningModels['extractor'],
  { minterDecoder }: SignOptions,
): Promise<LatentDecoder | null> {
  if (!minter) return null
  await checkMintersExtractor(minter, extractor)
  if (minterDecoder === undefined) return mint(minter, autoencoder.decoder, key)
  const { decoder } = own(await autoencoderAt(withDecoder(files, minterDecoder)))
  return mint(minter, decoder, key)
}
