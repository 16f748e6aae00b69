import type { UnitImages } from '../../signal/images.ts'
import type { ImageCodec } from '../codec/image-codec.ts'
import { completeValues, type Parameters, type ParameterValue, type ValuesOf } from './parameter.ts'

/** A transform whose parameters have values. A program may pass its own beside those that have a name here. */
export interface Transform {
  readonly name: string
  readonly values: Readonly<Record<string, ParameterValue>>
  /**
   * Images [N,H,W,3] in [0, 1] -> the same range, at once and with a gradient; null where there is no such form. Of JPEG it is a
   * simulation whose gradient is passed straight through.
   */
  readonly differentiable: ((images: UnitImages) => UnitImages) | null
  /** The same through files, where that is what the transform is; otherwise null. */
  readonly encoded: ((images: UnitImages, codec: ImageCodec) => Promise<UnitImages>) | null
}

/** A kind of transform: what help texts say of it, and how it gets values. */
export interface TransformDefinition<P extends Parameters = Parameters> {
  /** What it does, in a line. */
  readonly summary: string
  /** In the order in which a spelling may give them without their names. */
  readonly parameters: P
  /** Whether it can be part of a training step. */
  readonly isDifferentiable: boolean
  /** Whether it writes files and so needs a codec. */
  readonly needsCodec: boolean
  /** @throws StableSigError 'bad-argument' for a parameter or a value that there is not */
  bind(name: string, given: Readonly<Record<string, unknown>>): Transform
}

type OnTensors<P extends Parameters> = (images: UnitImages, values: ValuesOf<P>) => UnitImages
type OnFiles<P extends Parameters> = (images: UnitImages, values: ValuesOf<P>, codec: ImageCodec) => Promise<UnitImages>

/** A transform of tensors alone. */
export const tensorTransform = <P extends Parameters>(
  summary: string,
  parameters: P,
  differentiable: OnTensors<P>,
): TransformDefinition<P> => define(summary, parameters, differentiable, null)

/** A transform that writes files and reads them, and what stands for it where a gradient is needed. */
export const codecTransform = <P extends Parameters>(
  summary: string,
  parameters: P,
  encoded: OnFiles<P>,
  differentiable: OnTensors<P> | null = null,
): TransformDefinition<P> => define(summary, parameters, differentiable, encoded)

function define<P extends Parameters>(
  summary: string,
  parameters: P,
  differentiable: OnTensors<P> | null,
  encoded: OnFiles<P> | null,
): TransformDefinition<P> {
  return {
    summary,
    parameters,
    isDifferentiable: differentiable !== null,
    needsCodec: encoded !== null,
    bind(name, given) {
      const values = completeValues(name, parameters, given)
      return {
        name,
        values,
        differentiable: differentiable && ((images) => differentiable(images, values)),
        encoded: encoded && ((images, codec) => encoded(images, values, codec)),
      }
    },
  }
}
