import { clone, tidy } from '@tensorflow/tfjs-core'
import { StableSigError } from '../../errors.ts'
import type { UnitImages } from '../../signal/images.ts'
import { checkImages } from '../check.ts'
import type { ImageCodec } from '../codec/image-codec.ts'
import type { Transform } from './definition.ts'
import { spellTransforms } from './spelling.ts'

export interface ApplyTransformsOptions {
  /** What JPEG, WebP and AVIF are written by. Without it, a transform that needs one is an error. */
  readonly codec?: ImageCodec | undefined
}

/**
 * Images [N,H,W,3] in [0, 1] after transforms, one after the other; what compresses does so through real files. The images stay as they
 * are, and nothing but the result is left.
 * @throws StableSigError 'bad-argument' where a codec is needed and not given; what the transforms throw
 */
export async function applyTransforms(
  images: UnitImages,
  transforms: readonly Transform[],
  { codec }: ApplyTransformsOptions = {},
): Promise<UnitImages> {
  checkImages(images, 'applyTransforms')
  const needing = transforms.find(({ encoded }) => encoded !== null)
  if (needing && !codec)
    throw new StableSigError(
      'bad-argument',
      `the transform ${needing.name} writes files and needs a codec: pass { codec }, sharpCodec() of @stablesig/backend-node on Node or ` +
        'jpegJsCodec() elsewhere',
    )
  let current = clone(images) as UnitImages
  for (const { encoded, differentiable } of transforms) {
    const before = current
    try {
      if (encoded && codec) current = await encoded(before, codec)
      else if (differentiable) current = tidy(() => differentiable(before))
    } catch (error) {
      before.dispose()
      throw error
    }
    // A program's own transform may hand back what it was given.
    if (current !== before) before.dispose()
  }
  return current
}

/**
 * The same at once and with a gradient, for training: JPEG is simulated and its gradient passed straight through.
 * @throws StableSigError 'unsupported' for a transform that has no such form
 */
export function applyDifferentiable(images: UnitImages, transforms: readonly Transform[]): UnitImages {
  checkImages(images, 'applyDifferentiable')
  return tidy(() =>
    transforms.reduce((current, transform) => {
      if (transform.differentiable) return transform.differentiable(current)
      throw new StableSigError(
        'unsupported',
        `the transform ${transform.name} of '${spellTransforms(transforms)}' has no gradient: leave it out of training, or use jpeg`,
      )
    }, clone(images) as UnitImages),
  )
}
