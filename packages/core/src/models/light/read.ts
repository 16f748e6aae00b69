import type { StateDict } from '@stablesig/weights'
import type { Extractor } from '../extractor.ts'
import { extractorOf, linearParts, readMatched, type ShapedValues } from '../extractor-weights.ts'
import { foldBatchNorm } from '../fold.ts'
import { lightNetwork } from './extractor.ts'
import { lightLayers } from './network.ts'
import { planLight } from './plan.ts'

/** A light extractor of a file's tensors: BatchNorm folded into convolutions, the linear layers into one. */
export async function readLight(state: StateDict): Promise<Extractor> {
  const { bits, whitened, widths, match } = planLight(state)
  const at = await readMatched(state, match)
  const made: Record<string, ShapedValues> = {}
  for (const { name, inputs, outputs } of lightLayers(widths)) {
    const norm = (of: string) => at(`${name}.norm.${of}`)
    const { weight, bias } = foldBatchNorm(
      { weight: at(`${name}.weight`) },
      { weight: norm('weight'), bias: norm('bias'), mean: norm('running_mean'), variance: norm('running_var') },
      [outputs, inputs, 3, 3],
      `${state.source}: ${name}.norm`,
    )
    made[`${name}.weight`] = [weight, [3, 3, inputs, outputs]]
    made[`${name}.bias`] = [bias, [outputs]]
  }
  return extractorOf(
    { ...made, ...linearParts(at, whitened, 1, 'head') },
    { bits, whitened, network: lightNetwork(widths) },
  )
}
