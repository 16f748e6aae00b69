import { dispose, type Tensor2D, tensor2d } from '@tensorflow/tfjs-core'
import { abortedError } from '../aborted.ts'
import { at } from '../at.ts'
import { StableSigError } from '../errors.ts'
import { withWeights } from '../models/autoencoders/autoencoder.ts'
import type { Weights } from '../models/weights.ts'
import { inputVector } from '../ops/hints.ts'
import { keyBits } from '../signal/key.ts'
import { flatten, unflatten } from '../training/flat.ts'
import { flatOptimizer } from '../training/flat-optimizer.ts'
import { attackTensors } from '../transforms/per-image/attacks.ts'
import { FinetuneCheckpoint, type StateValues, valuesOf } from './finetune-checkpoint.ts'
import type { FinetunePlan } from './finetune-plan.ts'
import type { FinetuneProgress, FinetuneReport } from './finetune-report.ts'
import type { FinetuneModel, FinetuneState } from './finetune-step.ts'
import { FrozenWork } from './frozen-work.ts'
import { HeldOut } from './held-out.ts'
import { drawSigningAttacks } from './signing-attacks.ts'
import type { BatchSource, PlannedStep, StepMetrics } from './take-step.ts'
import { takeSteps } from './take-steps.ts'

/** What the loop leaves. */
export interface FinishedFinetune
  extends Pick<FinetuneReport, 'earlyStopping' | 'stepsDone' | 'resumedAt' | 'last' | 'frozenComputed'> {
  /** The layout's vectors, on the host. */
  readonly weights: readonly Float32Array[]
}

/**
 * Takes the planned steps, from a checkpoint where there is one, until all are taken or held-out images are good enough. Weights
 * are the same, bit for bit on one engine, however often it is stopped and resumed. No tensor is left.
 * @throws StableSigError 'aborted' after a checkpoint was written; 'not-finite'; 'bad-checkpoint'; as `checkedImages`
 */
export async function runFinetune(plan: FinetunePlan): Promise<FinishedFinetune> {
  const { model, order, steps, signal } = plan
  const checkpoint = await FinetuneCheckpoint.open(plan)
  const start = await startingState(model, plan.start ?? model.decoder.weights)
  const resumed = await checkpoint.resume(start)
  const first = resumed?.step ?? 0
  const visits = visitsOf(order, first, steps)
  const frozen = new FrozenWork({ ...plan, images: checkpoint.images, size: plan.recipe.size, visits })
  const heldOut =
    plan.earlyStopping && new HeldOut(plan.earlyStopping, { ...model, key: plan.key }, plan.recipe.steps, signal)
  const key = tensor2d(keyBits(plan.key), [1, model.extractor.bits], 'float32')
  let state = tensorsOf(resumed?.state ?? start)
  let done = first
  let last: FinetuneProgress | null = null
  try {
    while (true) {
      const { weights } = state
      const outcome = heldOut?.isDue(done) && (await heldOut.evaluate(() => unflatten(model.layout, weights), done))
      if (outcome === 'reached' || (done === steps && outcome !== 'aborted')) break
      if (signal?.aborted) {
        await checkpoint.write(done, await hostValues(state))
        throw abortedError(signal, `stopped after ${done} of ${steps} steps`)
      }
      const between = (step: number) =>
        checkpoint.isDue(step) || isPreviewDue(plan, step) || heldOut?.isDue(step) === true
      const taken = await takePlanned(plan, state, plannedSteps(plan, frozen, done, between), key)
      state = taken.state
      for (const progress of taken.progress) {
        done = progress.step
        checkLoss(progress, plan)
        last = progress
        await plan.onStep?.(progress)
      }
      if (checkpoint.isDue(done)) await checkpoint.write(done, await hostValues(state))
      if (isPreviewDue(plan, done)) await showPreview(plan, state, done)
    }
    return {
      weights: await finiteWeights(state, plan),
      ...{ last, resumedAt: first, stepsDone: done - first, frozenComputed: frozen.computed },
      earlyStopping: heldOut ? heldOut.report() : null,
    }
  } finally {
    dispose([key, state])
  }
}

const isPreviewDue = ({ preview }: FinetunePlan, step: number): boolean =>
  preview !== undefined && step % preview.every === 0

async function showPreview({ model, preview }: FinetunePlan, { weights }: FinetuneState, step: number): Promise<void> {
  const decoder = withWeights(model.decoder, unflatten(model.layout, weights))
  try {
    await preview?.show(decoder, step)
  } finally {
    decoder.dispose()
  }
}

/** The steps after `done` that nothing comes between, as many as are read together. */
function plannedSteps(
  plan: FinetunePlan,
  frozen: FrozenWork,
  done: number,
  between: (step: number) => boolean,
): PlannedStep[] {
  const { memory, steps, stepsPerFlush, schedule } = plan
  let count = 1
  const together = memory.accumulate === 1 ? stepsPerFlush : 1
  while (count < together && done + count < steps && !between(done + count)) count++
  return Array.from({ length: count }, (_, i) => ({
    step: done + i + 1,
    learningRate: schedule(done + i),
    parts: batchParts(plan, frozen, done + i),
  }))
}

/** The batch of a step, from 0, in as many parts as memory asks, each with its images' attacks. */
function batchParts({ order, memory, seed, recipe }: FinetunePlan, frozen: FrozenWork, step: number): BatchSource[] {
  const indices = inParts(order(step), memory.accumulate)
  const { attacks, size, batchSize, steps } = recipe
  if (!attacks) return indices.map((part) => () => frozen.batch(part))
  const drawn = drawSigningAttacks(attacks, { seed, step, steps, batchSize, size })
  const each = inParts(drawn.each, memory.accumulate)
  return indices.map((part, i) => async () => {
    const batch = await frozen.batch(part)
    const [, height, width] = batch.originals.shape
    return { ...batch, attacks: attackTensors({ size: drawn.size, each: at(each, i) }, size, [height, width]) }
  })
}

async function takePlanned(plan: FinetunePlan, state: FinetuneState, planned: readonly PlannedStep[], key: Tensor2D) {
  const before = performance.now()
  const taken = await takeSteps(plan.model, state, planned, key)
  const seconds = (performance.now() - before) / 1000 / planned.length
  const progress = planned.map((step, i) => progressOf(plan, step, at(taken.metrics, i), seconds))
  return { state: taken.state, progress }
}

function progressOf(
  { steps, recipe, model }: FinetunePlan,
  { step, learningRate }: PlannedStep,
  metrics: StepMetrics,
  seconds: number,
): FinetuneProgress {
  const [loss, lossW, lossI, matches, error] = [0, 1, 2, 3, 4].map((i) => at(metrics, i)) as [
    number,
    number,
    number,
    number,
    number,
  ]
  const total = recipe.batchSize * model.extractor.bits
  const [bitAccuracy, psnr] = [matches / total, -10 * Math.log10(error)]
  return { step, steps, loss, lossW, lossI, matches, total, bitAccuracy, psnr, learningRate, seconds }
}

function checkLoss({ step, loss, lossW, lossI }: FinetuneProgress, { recipe }: FinetunePlan): void {
  if (!Number.isFinite(loss))
    throw new StableSigError(
      'not-finite',
      `the loss of step ${step} is ${loss} (message ${lossW}, image ${lossI}): lower the learning rate of ${recipe.learningRate}`,
    )
}

/** @throws StableSigError 'not-finite': the loss of the last step was taken before its update */
async function finiteWeights(state: FinetuneState, { model }: FinetunePlan): Promise<Float32Array[]> {
  const weights = await valuesOf(state.weights)
  const lost = weights.findIndex((vector) => !vector.every(Number.isFinite))
  if (lost >= 0)
    throw new StableSigError(
      'not-finite',
      `after the last step weights are not finite, in ${at(model.layout.vectors, lost).names.slice(0, 3)}: lower the learning rate`,
    )
  return weights
}

/** The weights to begin with, and the optimiser's first state. @throws StableSigError 'bad-weights' for another decoder's */
async function startingState({ layout, optimizer }: FinetuneModel, from: Weights): Promise<StateValues> {
  const weights = flatten(layout, from)
  let state: FinetuneState | undefined
  try {
    state = { weights, optimizer: flatOptimizer(optimizer, layout).init(weights) }
    return await hostValues(state)
  } finally {
    dispose([weights, state ?? []])
  }
}

async function hostValues({ weights, optimizer }: FinetuneState): Promise<StateValues> {
  const read: Record<string, Float32Array[]> = {}
  for (const [name, vectors] of Object.entries(optimizer)) read[name] = await valuesOf(vectors)
  return { weights: await valuesOf(weights), optimizer: read }
}

const tensorsOf = ({ weights, optimizer }: StateValues): FinetuneState => ({
  weights: weights.map(inputVector),
  optimizer: Object.fromEntries(Object.entries(optimizer).map(([name, vectors]) => [name, vectors.map(inputVector)])),
})

/** A batch in so many parts of equal size, in its order. */
const inParts = <T>(batch: readonly T[], count: number): T[][] => {
  const size = batch.length / count
  return Array.from({ length: count }, (_, i) => batch.slice(i * size, (i + 1) * size))
}

function* visitsOf(order: (step: number) => number[], first: number, steps: number): Generator<number> {
  for (let step = first; step < steps; step++) yield* order(step)
}
