import { type ExpectedShape, matchTensors, type StateDict } from '@stablesig/weights'
import { StableSigError } from '../../errors.ts'
import type { ExtractorOptions, ExtractorPlan } from '../extractor-description.ts'
import { sizeOf, survey } from '../survey.ts'
import { extractorSpellings } from './names.ts'

/** Above this many outputs a file is no extractor that anyone trains, and folding its layers would take minutes. */
const MAX_OUTPUTS = 1024

/** Of a HiDDeN extractor. */
export interface HiddenPlan extends ExtractorPlan {
  /** Of the last convolution: features times redundancy. */
  readonly outputs: number
}

/** The model's name of a convolution with its norm. */
export const blockName = (i: number): string => `layers.${i}.layers`

/**
 * Depth, width and bits from the tensors' shapes; names and shapes held to them, which `match` tells of.
 * @throws StableSigError 'bad-weights' when there is no extractor in it, 'limit'
 */
export function planHidden(state: StateDict, options: ExtractorOptions = {}): HiddenPlan {
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
  return { architecture: 'hidden', bits, convolutions, channels, redundancy, whitened, outputs, match }
}
