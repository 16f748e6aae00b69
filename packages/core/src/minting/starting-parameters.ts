import { type Tensor, tensor } from '@tensorflow/tfjs-core'
import { StableSigError } from '../errors.ts'
import { fromTorch } from '../models/layout.ts'
import type { Weights } from '../models/weights.ts'
import { initialMinter, type MinterArchitecture, minterShapes } from './architecture.ts'
import { checkMintersDecoder, type Minter } from './minter.ts'
import { conditionedDecoder, type MinterTraining, type TrainMinterOptions } from './minter-options.ts'
import { decoderParameters, extractorParameters } from './trained-beside.ts'

/**
 * What a training begins with: a minter's tensors, and beside them those of an extractor and a decoder that are trained too.
 * @throws StableSigError 'bad-weights' where the minter to begin with is another decoder's, 'bad-argument' where it is of another architecture
 */
export async function startingParameters(
  options: TrainMinterOptions,
  { recipe: { extractorRate, decoderRate }, seed }: MinterTraining,
  architecture: MinterArchitecture,
): Promise<Record<string, Tensor>> {
  const { extractor, start } = options
  const decoder = conditionedDecoder(options)
  if (start) {
    await checkMintersDecoder(start, decoder)
    for (const name of ['bits', 'hidden', 'maxScale', 'maxShift'] as const) {
      const [found, expected] = [start.architecture[name], architecture[name]]
      if (found !== expected)
        throw new StableSigError('bad-argument', `the minter to begin with has ${name} ${found}, expected ${expected}`)
    }
  }
  const own = start ? minterTensors(start) : initialMinter(architecture, seed)
  return {
    ...own,
    ...(extractorRate > 0 ? extractorParameters(extractor, extractorRate) : {}),
    ...(decoderRate > 0 ? decoderParameters(decoder, decoderRate) : {}),
  }
}

/** A minter's values, as `minterShapes` has them, as tensors in tfjs layout. */
function minterTensors({ architecture, values }: Minter): Weights {
  const made: Record<string, Tensor> = {}
  for (const [name, shape] of Object.entries(minterShapes(architecture))) {
    const own = shape.toReversed()
    made[name] = tensor(fromTorch(values[name] ?? new Float32Array(), own), own, 'float32')
  }
  return made
}
