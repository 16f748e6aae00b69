import { backend } from '@tensorflow/tfjs-core'
import { StableSigError } from '../errors.ts'

/**
 * Says what to do where tfjs has no backend to make a tensor in, or one that has not finished starting. Whatever makes the first
 * tensors of a program (models that are loaded, images and latents that come in as arrays) begins with this; all else gets tensors.
 * @throws StableSigError 'no-engine'
 */
export function requireEngine(): void {
  try {
    backend()
  } catch (cause) {
    throw new StableSigError(
      'no-engine',
      'no engine runs yet: call ready() of @stablesig/backend-node first (in a browser: of @stablesig/backend-web), and await it',
      { cause },
    )
  }
}
