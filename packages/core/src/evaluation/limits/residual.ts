import { add, clipByValue, mean, mul, sub, type Tensor4D, tidy } from '@tensorflow/tfjs-core'
import { checkNumber, checkTensor } from '../../arguments.ts'
import { StableSigError } from '../../errors.ts'
import { asUnit, type UnitImages } from '../../signal/images.ts'
import { checkImages } from '../../transforms/check.ts'

/**
 * What a mark adds to pictures on average: the mean over pictures of signed less unsigned.
 * @param signed [N,H,W,3] in [0, 1]
 * @param unsigned the same pictures without the mark, or an attacker's estimate of them
 * @returns [1,H,W,3], around 0, which the caller disposes
 * @throws StableSigError 'shape' where they differ in shape
 */
export function averageResidual(signed: UnitImages, unsigned: UnitImages): Tensor4D {
  checkImages(signed, 'averageResidual')
  checkImages(unsigned, 'averageResidual')
  if (signed.shape.join() !== unsigned.shape.join())
    throw new StableSigError(
      'shape',
      `averageResidual: signed images are [${signed.shape}], unsigned ones [${unsigned.shape}]; give the same pictures`,
    )
  return tidy(() => mean<Tensor4D>(sub(signed, unsigned), 0, true))
}

/**
 * Images that another picture's mark is copied onto: image + strength · residual, clamped to [0, 1].
 * @param images [N,H,W,3] in [0, 1]
 * @param residual [1,H,W,3] or [N,H,W,3], as `averageResidual` gives it
 * @param strength 1 adds it as it is
 * @returns new images, which the caller disposes
 * @throws StableSigError 'shape' where the residual is of another size, 'bad-argument'
 */
export function addResidual(images: UnitImages, residual: Tensor4D, strength = 1): UnitImages {
  checkImages(images, 'addResidual')
  checkTensor(residual, 'residual', 'a tensor [1,H,W,3]')
  checkNumber(strength, 'strength', 'a number', Number.isFinite)
  const [count, ...size] = images.shape
  const [copies, ...found] = residual.shape
  if (found.join() !== size.join() || (copies !== 1 && copies !== count))
    throw new StableSigError('shape', `the residual is [${residual.shape}], expected [1, ${size.join(', ')}]`)
  return tidy(() => asUnit(clipByValue(add<Tensor4D>(images, mul(residual, strength)), 0, 1)))
}
