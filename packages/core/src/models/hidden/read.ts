import type { StateDict } from '@stablesig/weights'
import type { Extractor } from '../extractor.ts'
import type { ExtractorOptions } from '../extractor-description.ts'
import { extractorOf, linearParts, readMatched, type ShapedValues } from '../extractor-weights.ts'
import { foldBatchNorm } from '../fold.ts'
import { hiddenNetwork } from './extractor.ts'
import { blockName, planHidden } from './plan.ts'

/** A HiDDeN extractor of a file's tensors: BatchNorm folded into convolutions, the linear layers into one. */

export async function readHidden(state: StateDict, options: ExtractorOptions = {}): Promise<Extractor> {
  const { bits, convolutions, channels, outputs, redundancy, whitened, match } = planHidden(state, options)
  const at = await readMatched(state, match)

  const made: Record<string, ShapedValues> = {}
  for (let i = 0; i < convolutions; i++) {
    const into = i === 0 ? 3 : channels
    const out = i === convolutions - 1 ? outputs : channels
    const folded = foldBatchNorm(
      { weight: at(`${blockName(i)}.0.weight`), bias: at(`${blockName(i)}.0.bias`) },
      {
        weight: at(`${blockName(i)}.1.weight`),
        bias: at(`${blockName(i)}.1.bias`),
        mean: at(`${blockName(i)}.1.running_mean`),
        variance: at(`${blockName(i)}.1.running_var`),
      },
      [out, into, 3, 3],
      `${state.source}: ${blockName(i)}.1`,
    )
    made[`conv${i}.weight`] = [folded.weight, [3, 3, into, out]]
    made[`conv${i}.bias`] = [folded.bias, [out]]
  }
  Object.assign(made, linearParts(at, whitened, redundancy))
  return extractorOf(made, { bits, whitened, network: hiddenNetwork(convolutions, channels) })
}
