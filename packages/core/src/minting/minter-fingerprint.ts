import { lossFingerprint } from '../losses/image.ts'
import { type Fingerprint, fingerprintOf, hashOf } from '../training/fingerprint.ts'
import { cutOuts } from './cut-outs.ts'
import type { MinterTraining, TrainMinterOptions } from './minter-options.ts'
import { networkHash } from './network-hash.ts'
import type { MinterFrame } from './trained-parts.ts'

/** What decides a run's outcome; of the pictures, the first cut-outs. */
export async function minterFingerprint(
  { autoencoder, pictures, gradientCheckpointing = false }: TrainMinterOptions,
  { recipe, imageLoss, optimizer, seed }: MinterTraining,
  { architecture, decoderHash, extractorHash }: MinterFrame,
  weights: readonly Float32Array[],
): Promise<Fingerprint> {
  const images = cutOuts({ pictures, count: recipe.cutOuts, maxReduction: recipe.maxReduction, seed })
  const first = await images.read(0, recipe.size)
  const values = await first.data<'float32'>().finally(() => first.dispose())
  const about = {
    recipe,
    imageLoss: lossFingerprint(imageLoss),
    optimizer: optimizer.fingerprint,
    seed,
    gradientCheckpointing,
  }
  const [encoderHash, originalHash] = await Promise.all(
    [autoencoder.encoder, autoencoder.decoder].map(({ weights }) => networkHash(weights)),
  )
  const networks = { decoderHash, extractorHash, encoderHash, originalHash }
  const hashes = await Promise.all([values, ...weights].map(hashOf))
  return fingerprintOf({ ...about, ...networks, architecture, pictures: pictures.length, hashes })
}
