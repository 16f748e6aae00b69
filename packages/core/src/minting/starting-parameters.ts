import { type Tensor, tensor } from '@tensorflow/tfjs-core'
import { StableSigError } from '../errors.ts'
import { fromTorch } from '../models/layout.ts'
import type { Weights } from '../models/weights.ts'
import { initialMinter, type MinterArchitecture, minterShapes } from './architecture.ts'
import { checkMintersDecoder, type Minter } from './minter.ts'
import type { MinterTraining, TrainMinterOptions } from './minter-options.ts'
import { extractorParameters } from './trained-extractor.ts'

/**
 * What a training begins with: a minter's tensors, and beside them an extractor's that is trained too.
 * @throws StableSigError 'bad-weights' where the minter to begin with is another decoder's, 'bad-argument' where it is of another architecture
 */
export async function startingParameters(
  { autoencoder, extractor, start }: TrainMinterOptions,
  { recipe: { extractorRate }, seed }: MinterTraining,
  architecture: MinterArchitecture,
): Promise<Record<string, Tensor>> {
  if (start) {
    await checkMintersDecoder(start, autoencoder.decoder)
    for (const name of ['bits', 'hidden', 'maxScale', 'maxShift'] as const) {
      const [found, expected] = [start.architecture[name], architecture[name]]
      if (found !== expected)
        throw new StableSigError('bad-argument', `the minter to begin with has ${name} ${found}, expected ${expected}`)
    }
  }
  const own = start ? minterTensors(start) : initialMinter(architecture, seed)
  return { ...own, ...(extractorRate > 0 ? extractorParameters(extractor, extractorRate) : {}) }
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
