import type { Tensor } from '@tensorflow/tfjs-core'
import type { Permutation } from '../ir/permutation.ts'

/** An input of an exported model. */
export interface ExportInput {
  readonly name: string
  /** As the recorded function sees it, e.g. ['batch_size', 'height', 'width', 3]: a text names a length that stays open. */
  readonly shape: readonly (number | string)[]
  /** Order of the axes in the file: its axis p is the function's axis order[p]. [0,3,1,2] makes NHWC into NCHW. */
  readonly order?: Permutation
}

/** An output of an exported model: its name, the order of its axes in the file, and names for its open lengths. */
export interface ExportOutput {
  readonly name: string
  readonly order?: Permutation
  /** A name for each axis as the function has it; it shows where the length is open. */
  readonly axes?: readonly string[]
}

export interface ExportOptions {
  /** Tensors that become initializers, under their names. Filters (rank 4) are written as ONNX has them, [out,in,height,width]. */
  readonly weights: Readonly<Record<string, Tensor>>
  /** Names of the file where they are to be others: by the names in `weights`. */
  readonly names?: ReadonlyMap<string, string>
  readonly inputs: readonly ExportInput[]
  readonly outputs: readonly ExportOutput[]
  /**
   * 'float16' stores weights in half precision and computes in it, but for normalisations, softmax and means, which stay in
   * single precision. Default 'float32'.
   */
  readonly precision?: 'float32' | 'float16'
  /** Type of inputs and outputs. Default 'float32', whatever the model computes in. */
  readonly io?: 'float32' | 'float16'
  readonly producer?: { readonly name: string; readonly version: string }
  readonly description?: string
  /** Names and values to keep in the file (metadata_props). */
  readonly metadata?: Readonly<Record<string, string>>
}

/** What is exported: a pure function of weights and inputs. It is called several times and computes nothing. */
export type ExportedFunction = (
  weights: Readonly<Record<string, Tensor>>,
  inputs: readonly Tensor[],
) => Tensor | readonly Tensor[]
