import { type StateDict, unmapName } from '@stablesig/weights'
import { checkOptions } from '../arguments.ts'
import { StableSigError } from '../errors.ts'
import { requireEngine } from '../ops/engine.ts'
import { checkState } from './check-models.ts'
import type { Extractor } from './extractor.ts'
import type { ExtractorDescription, ExtractorOptions } from './extractor-description.ts'
import { planHidden } from './hidden/plan.ts'
import { readHidden } from './hidden/read.ts'
import { isLight, planLight } from './light/plan.ts'
import { readLight } from './light/read.ts'
import { readFinite } from './read.ts'
import type { WhiteningLayer } from './whitened.ts'

/**
 * Reads an extractor: HiDDeN's from a TorchScript file, a joint training checkpoint or a bare state dict; a light one, as `pretrain` makes
 * it. Depth, width and bits come from the tensors' shapes.
 * @throws StableSigError 'bad-weights' when a tensor is missing, unexpected or wrongly shaped; 'not-finite' when it is not finite;
 * 'no-engine'
 */
export async function loadExtractor(state: StateDict, options: ExtractorOptions = {}): Promise<Extractor> {
  requireEngine()
  checkState(state)
  checkOptions(options, 'loadExtractor')
  return isLight(state) ? readLight(state) : readHidden(state, options)
}

/**
 * Which extractor a file holds, from names and shapes alone: no tensor is read. Missing, unexpected and wrongly shaped tensors
 * are told, not thrown; loadExtractor refuses them.
 * @throws StableSigError 'bad-weights' when there is no extractor in it, 'limit'
 */
export function describeExtractor(state: StateDict, options: ExtractorOptions = {}): ExtractorDescription {
  checkState(state)
  checkOptions(options, 'describeExtractor')
  const plan = isLight(state) ? planLight(state) : planHidden(state, options)
  const { match, architecture, bits, convolutions, channels, redundancy, whitened } = plan
  const { mapping, prefix, foreign, missing, unexpected, wrong } = match
  const theirs = (ours: string) => prefix + (unmapName(mapping, ours) ?? ours)
  return {
    ...{ layout: mapping.name, prefix, architecture, bits, convolutions, channels, redundancy, whitened },
    ...{ names: foreign, missing: missing.map(theirs), unexpected, wrong },
  }
}

/**
 * The whitening layer in an extractor's file, as it is there. No engine is needed.
 * @throws StableSigError 'not-whitened' where there is none, 'bad-weights', 'not-finite'
 */
export async function readWhitening(state: StateDict): Promise<WhiteningLayer> {
  const { names, whitened } = describeExtractor(state)
  if (!whitened)
    throw new StableSigError(
      'not-whitened',
      `${state.source}: the extractor in it has no whitening layer: add one (whiten)`,
    )
  const read = async (name: string) => {
    const stored = state.tensors.get(names.get(name) ?? name)
    if (!stored) throw new StableSigError('bad-weights', `${state.source}: no tensor ${name}`)
    return readFinite(state.source, name, stored)
  }
  return { weight: await read('whiten.weight'), bias: await read('whiten.bias') }
}
