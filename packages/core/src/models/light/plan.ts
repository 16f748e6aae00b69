import { type ExpectedShape, matchTensors, type NameMapping, type StateDict } from '@stablesig/weights'
import { StableSigError } from '../../errors.ts'
import type { ExtractorPlan } from '../extractor-description.ts'
import { sizeOf, survey } from '../survey.ts'
import { lightLayers } from './network.ts'

/** A light extractor's names as `pretrain` writes them, beside its watermark encoder or alone. */
const LIGHT_NAMES: NameMapping = {
  name: 'light extractor',
  prefix: ['extractor.', ''],
  pairs: [['{rest...}', '{rest...}']],
}

/** Names of its own, in whatever file. */
const OWN = /^(full|half|quarter|widen|eighth|head|whiten)\./

/** What no other extractor has. */
const MARK = /^(extractor\.)?eighth\.0\.outer\.weight$/

/** Above this many channels or bits a file is no extractor that anyone trains. */
const MAX_SIZE = 1024

export interface LightPlan extends ExtractorPlan {
  /** Channels at the image's resolution, at a half and a quarter, at an eighth. */
  readonly widths: readonly [number, number, number]
}

export const isLight = ({ tensors }: StateDict): boolean => [...tensors.keys()].some((name) => MARK.test(name))

/**
 * Channels and bits from the tensors' shapes; names and shapes held to them, which `match` tells of.
 * @throws StableSigError 'bad-weights', 'limit'
 */
export function planLight(state: StateDict): LightPlan {
  const found = survey(state, 'a light extractor', [LIGHT_NAMES], (name) => OWN.test(name))
  const size = (name: string, axis: number): number => {
    const value = sizeOf(state, found, name, axis)
    if (value <= MAX_SIZE) return value
    throw new StableSigError('limit', `${state.source}: ${name} has a side of ${value}; at most ${MAX_SIZE} are read`)
  }
  const widths = [size('full.weight', 0), size('half.weight', 0), size('widen.weight', 0)] as const
  const features = size('head.weight', 0)
  const whitened = found.tensors.has('whiten.weight')
  const bits = whitened ? size('whiten.weight', 0) : features
  const expected: Record<string, ExpectedShape> = {}
  const layers = lightLayers([...widths])
  for (const { name, inputs, outputs } of layers) {
    expected[`${name}.weight`] = [outputs, inputs, 3, 3]
    for (const of of ['weight', 'bias', 'running_mean', 'running_var']) expected[`${name}.norm.${of}`] = [outputs]
  }
  Object.assign(expected, { 'head.weight': [features, widths[2]], 'head.bias': [features] })
  if (whitened) Object.assign(expected, { 'whiten.weight': [bits, features], 'whiten.bias': [bits] })
  const match = matchTensors(state, expected, found.mapping, [found.mapping.prefix ?? ''].flat()[0] ?? '')
  const about = { architecture: 'light', convolutions: layers.length, channels: widths[2], redundancy: 1 } as const
  return { ...about, bits, whitened, widths, match }
}
