import { dirname, join, resolve } from 'node:path'
import { mse } from '@stablesig/core/losses'
import { PRESETS } from '@stablesig/core/training'
import { type Measurement, TIMED, WARM_UP } from './measurement.ts'
import type { Options } from './options.ts'
import { numberOf, runForJson } from './run.ts'

/**
 * How the PyTorch program of the same work is run once; null where there is none: no Python is named, or nothing comparable
 * exists.
 * @param env STABLESIG_PEER_PYTHON, a Python with torch; STABLESIG_PEER, the folder of its programs, which that of pretrain needs nothing of
 */
export function peerOf(options: Options, data: string, env: NodeJS.ProcessEnv): (() => Promise<Measurement>) | null {
  const { STABLESIG_PEER_PYTHON: python, STABLESIG_PEER: folder } = env
  if (!python) return null
  const { bench, size, batch, cached, freeze, withReading } = options
  if (bench === 'pretrain') {
    const what = ['--images', join(data, 'images/train'), '--size', String(size), '--batch', String(batch)]
    return async () => {
      const said = await runForJson(python, [besideBench('pretrain.py'), ...what])
      return { seconds: numberOf(said, 'medianStepS'), peakRssMB: numberOf(said, 'peakRssMB') }
    }
  }
  if (!folder)
    throw new Error(
      'STABLESIG_PEER_PYTHON is set, but not STABLESIG_PEER: the folder of finetune.py, finetune_kl.py and detect.py',
    )
  const common = ['--weights', join(data, 'weights'), '--size', String(size), '--batch', String(batch)]
  const run = (program: string, args: readonly string[]) =>
    runForJson(python, [join(folder, program), ...common, ...args])
  if (bench === 'finetune') {
    // It leaves its first two steps out of the median, and needs one image to validate on.
    const steps = ['--steps', String(WARM_UP + TIMED), '--val', '1', ...(cached ? ['--cached'] : [])]
    return async () => {
      const said = await run('finetune.py', ['--images', join(data, 'images'), ...steps])
      return { seconds: numberOf(said, 'medianStepS'), peakRssMB: numberOf(said, 'peakRssMB') }
    }
  }
  if (bench === 'finetune-kl') {
    const { widths, steps, gradientCheckpointing } = options
    // It leaves its first step out of the median.
    const args = [
      '--widths',
      widths.join(),
      '--steps',
      String(1 + steps),
      ...(gradientCheckpointing ? ['--checkpointing'] : []),
    ]
    return async () => {
      const said = await run('finetune_kl.py', args)
      return { seconds: numberOf(said, 'medianStepS'), peakRssMB: numberOf(said, 'peakRssMB') }
    }
  }
  if (bench === 'sign') {
    const { steps, batchSize, size: side, learningRate, imageWeight, imageLoss } = PRESETS[options.preset]
    if (imageLoss !== 'mse') return null
    const lambda = mse().defaultWeight * imageWeight
    const recipe = { steps, batch: batchSize, size: side, lr: learningRate, 'lambda-i': lambda }
    const args = Object.entries(recipe).flatMap(([name, value]) => [`--${name}`, String(value)])
    const places = ['--models', folder, '--weights', join(data, 'weights'), '--images', join(data, 'images/train')]
    return async () => {
      const said = await runForJson(python, [besideBench('sign.py'), ...places, ...args])
      const stepSeconds = numberOf(said, 'medianStepS')
      const about = { extrapolated: true, steps, timedSteps: numberOf(said, 'timedSteps'), stepSeconds }
      return { seconds: numberOf(said, 'seconds'), peakRssMB: numberOf(said, 'peakRssMB'), about }
    }
  }
  if (bench === 'detect') {
    // Its medians leave the first three runs out.
    const runs = ['--runs', String(3 + TIMED), ...(freeze ? ['--freeze'] : [])]
    return async () => {
      const said = await run('detect.py', ['--images', join(data, 'images/val'), ...runs])
      const seconds = numberOf(said, withReading ? 'withReading' : 'secondsAnImage')
      return { seconds, peakRssMB: numberOf(said, 'peakRssMB') }
    }
  }
  if (bench === 'trace') {
    const images = ['--images', join(data, 'images/val'), '--iterations', String(options.steps)]
    return async () => {
      const said = await runForJson(python, [besideBench('invert.py'), '--models', folder, ...common, ...images])
      return { seconds: numberOf(said, 'seconds'), peakRssMB: numberOf(said, 'peakRssMB') }
    }
  }
  return null
}

/** A program of peer/, which takes the networks of the others: this file runs bundled, from a folder within bench/. */
const besideBench = (program: string): string => resolve(dirname(process.argv[1] ?? ''), '../peer', program)
