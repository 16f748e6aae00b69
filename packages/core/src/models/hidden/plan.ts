import { type ExpectedShape, type MatchedTensors, matchTensors, type StateDict, unmapName } from '@stablesig/weights'
import { checkOptions } from '../../arguments.ts'
import { StableSigError } from '../../errors.ts'
import { checkState } from '../check-models.ts'
import { sizeOf, survey } from '../survey.ts'
import { extractorSpellings } from './names.ts'

export interface ExtractorOptions {
  /** How many outputs are summed to one bit. Default: what the whitening layer's size says, else 1. */
  readonly redundancy?: number
}

/** What a file of weights holds of an extractor. */
export interface ExtractorDescription {
  /** The spelling of its names: 'TorchScript extractor', 'HiDDeN checkpoint', 'bare extractor'. */
  readonly layout: string
  /** What stands before them. */
  readonly prefix: string
  readonly bits: number
  readonly convolutions: number
  readonly channels: number
  /** Outputs that are summed to one bit. */
  readonly redundancy: number
  /** Whether a whitening layer is there. */
  readonly whitened: boolean
  /** The model's names -> the file's, of all that was expected and found. */
  readonly names: ReadonlyMap<string, string>
  /** Expected and not there, as the file would spell them. */
  readonly missing: readonly string[]
  /** There and not expected. */
  readonly unexpected: readonly string[]
  /** What is wrong with shapes, a sentence each. */
  readonly wrong: readonly string[]
}

/** Above this many outputs a file is no extractor that anyone trains, and folding its layers would take minutes. */
const MAX_OUTPUTS = 1024

/** An extractor's architecture, and which of a file's tensors are its own. */
export interface ExtractorPlan extends Pick<ExtractorDescription, 'bits' | 'convolutions' | 'channels' | 'redundancy'> {
  readonly whitened: boolean
  /** Of the last convolution: features times redundancy. */
  readonly outputs: number
  /** What the linear layers give before whitening. */
  readonly features: number
  readonly match: MatchedTensors
}

/** The model's name of a convolution with its norm. */
export const blockName = (i: number): string => `layers.${i}.layers`

/**
 * Depth, width and bits from the tensors' shapes; names and shapes held to them, which `match` tells of.
 * @throws StableSigError 'bad-weights' when there is no extractor in it, 'limit'
 */
export function planExtractor(state: StateDict, options: ExtractorOptions = {}): ExtractorPlan {
  checkState(state)
  checkOptions(options, 'loadExtractor')
  const spellings = extractorSpellings(state.tensors.keys())
  const found = survey(state, 'an extractor', spellings, (name) => /^(layers|linear|whiten)\./.test(name))
  const size = (name: string, axis: number) => sizeOf(state, found, name, axis)
  let convolutions = 0
  while (found.tensors.has(`${blockName(convolutions)}.0.weight`)) convolutions++
  if (convolutions === 0)
    throw new StableSigError(
      'bad-weights',
      `${state.source} holds no extractor: expected ${blockName(0)}.0.weight and so on, ` +
        `found ${[...state.tensors.keys()].slice(0, 4).join(', ')}${state.tensors.size > 4 ? ', …' : ''}`,
    )
  const channels = size(`${blockName(0)}.0.weight`, 0)
  const outputs = size('linear.weight', 0)
  if (outputs > MAX_OUTPUTS)
    throw new StableSigError(
      'limit',
      `${state.source}: linear.weight gives ${outputs} outputs; at most ${MAX_OUTPUTS} are read`,
    )
  const whitened = found.tensors.has('whiten.weight')
  const redundancy = options.redundancy ?? (whitened ? outputs / size('whiten.weight', 1) : 1)
  if (!Number.isInteger(redundancy) || redundancy < 1 || outputs % redundancy)
    throw new StableSigError(
      'bad-weights',
      `${state.source}: ${outputs} outputs cannot be summed to bits ${redundancy} at a time; pass the redundancy it was trained with`,
    )

  const expected: Record<string, ExpectedShape> = {}
  for (let i = 0; i < convolutions; i++) {
    const into = i === 0 ? 3 : channels
    const out = i === convolutions - 1 ? outputs : channels
    expected[`${blockName(i)}.0.weight`] = [out, into, 3, 3]
    for (const name of ['0.bias', '1.weight', '1.bias', '1.running_mean', '1.running_var'])
      expected[`${blockName(i)}.${name}`] = [out]
  }
  const features = outputs / redundancy
  const bits = whitened ? size('whiten.weight', 0) : features
  Object.assign(expected, { 'linear.weight': [outputs, outputs], 'linear.bias': [outputs] })
  if (whitened) Object.assign(expected, { 'whiten.weight': [bits, features], 'whiten.bias': [bits] })
  const { mapping } = found
  const match = matchTensors(state, expected, mapping, [mapping.prefix ?? ''].flat()[0] ?? '')
  return { bits, convolutions, channels, redundancy, whitened, outputs, features, match }
}

/**
 * Which extractor a file holds, from names and shapes alone: no tensor is read. Missing, unexpected and wrongly shaped tensors
 * are told, not thrown; loadExtractor refuses them.
 * @throws StableSigError 'bad-weights' when there is no extractor in it, 'limit'
 */
export function describeExtractor(state: StateDict, options: ExtractorOptions = {}): ExtractorDescription {
  const { match, bits, convolutions, channels, redundancy, whitened } = planExtractor(state, options)
  const { mapping, prefix, foreign, missing, unexpected, wrong } = match
  const theirs = (ours: string) => prefix + (unmapName(mapping, ours) ?? ours)
  return {
    ...{ layout: mapping.name, prefix, bits, convolutions, channels, redundancy, whitened },
    ...{ names: foreign, missing: missing.map(theirs), unexpected, wrong },
  }
}
