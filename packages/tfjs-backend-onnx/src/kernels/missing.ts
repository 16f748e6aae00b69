import { registerKernel } from '@tensorflow/tfjs-core'
import { EngineError } from '../errors.ts'

/** A kernel of tfjs that this backend does not have. */
export interface MissingKernel {
  readonly name: string
  /** The function of tfjs that calls for it. */
  readonly op: string
  /** What to write instead. */
  readonly instead: string
}

/** Tensors move to the backend that is set as they are used, so whole programs need not change. */
const ON_CPU = "run it on tfjs' CPU backend: tf.setBackend('cpu'), the call, tf.setBackend('onnx')"

const missing = (name: string, op: string, instead: string): MissingKernel => ({ name, op, instead })

/** What no graph of known shapes and numbers can hold, and hardly a program needs; each with a way that works. */
export const missingKernels: readonly MissingKernel[] = [
  missing('RaggedGather', 'tf.raggedGather', ON_CPU),
  missing('RaggedRange', 'tf.raggedRange', 'tf.concat of a tf.range for each row'),
  missing('RaggedTensorToTensor', 'tf.raggedTensorToTensor', 'tf.stack of rows that tf.pad made equally long'),
  missing('SparseFillEmptyRows', 'tf.sparse.sparseFillEmptyRows', ON_CPU),
  missing('SparseReshape', 'tf.sparse.sparseReshape', 'tf.reshape of tf.sparseToDense(indices, values, shape)'),
  missing(
    'SparseSegmentMean',
    'tf.sparse.sparseSegmentMean',
    'tf.unsortedSegmentSum(tf.gather(data, indices), segmentIds, count), divided by that of tf.onesLike(segmentIds)',
  ),
  missing(
    'SparseSegmentSum',
    'tf.sparse.sparseSegmentSum',
    'tf.unsortedSegmentSum(tf.gather(data, indices), segmentIds, count)',
  ),
  missing('StaticRegexReplace', 'tf.string.staticRegexReplace', ON_CPU),
  missing('StringNGrams', 'tf.string.stringNGrams', ON_CPU),
  missing('StringSplit', 'tf.string.stringSplit', ON_CPU),
  missing('StringToHashBucketFast', 'tf.string.stringToHashBucketFast', ON_CPU),
]

/** Names that tfjs exports and that need nothing here: why. */
export const unneededKernels: Readonly<Record<string, string>> = {
  Draw: 'draws on a canvas; tf.browser.toPixels does without it, and warns where a backend has it',
  FromPixels: 'tf.browser.fromPixels does without it, and calls it where a backend has it',
  LowerBound: 'tf.lowerBound calls SearchSorted',
  MatrixBandPart: 'tf.linalg.bandPart is made of other kernels',
  Pool: 'tf.pool is made of other kernels',
  UpperBound: 'tf.upperBound calls SearchSorted',
}

/** Makes tfjs say of a missing kernel what to write instead, where it would only say that there is none. */
export function registerMissing(backendName: string): void {
  for (const { name, op, instead } of missingKernels) {
    const kernelFunc = (): never => {
      throw new EngineError(
        'unsupported',
        `${op} needs the kernel ${name}, which the ${backendName} backend does not have; instead: ${instead}`,
      )
    }
    registerKernel({ kernelName: name, backendName, kernelFunc })
  }
}
