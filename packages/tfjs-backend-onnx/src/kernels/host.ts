import { type BackendValues, backend_util, kernel_impls, type TensorInfo, util } from '@tensorflow/tfjs-core'
import { EngineError } from '../errors.ts'
import { sizeOf } from '../ir/shape.ts'
import { type Call, type Kernel, kernel } from './call.ts'

/*
 * Kernels whose result has as many elements as its values say: no graph of known shapes can hold them. What is pending is computed,
 * read and worked on here. Where the runtime cannot read at once, that is an error; tfjs' asynchronous forms (such as
 * tf.image.nonMaxSuppressionAsync) read by themselves.
 */

function readNow(call: Call, name: string): BackendValues {
  try {
    return call.backend.readSync(call.input(name).dataId)
  } catch (error) {
    if (!(error instanceof EngineError) || error.code !== 'no-sync-read') throw error
    const remedy = 'await data() of its inputs before it, or use the asynchronous form, such as nonMaxSuppressionAsync'
    throw new EngineError(
      'no-sync-read',
      `${call.name}: the values of its input "${name}" are needed at once, and are not computed yet; ${remedy}`,
      { cause: error },
    )
  }
}

/** Values that are needed now. */
function read(call: Call, name: string): Float32Array | Int32Array | Uint8Array {
  const values = readNow(call, name)
  if (values instanceof Float32Array || values instanceof Int32Array || values instanceof Uint8Array) return values
  throw call.unsupported('a tensor of text', 'give numbers')
}

function written(
  call: Call,
  values: readonly number[],
  dtype: 'int32' | 'float32',
  shape = [values.length],
): TensorInfo {
  const typed = dtype === 'int32' ? Int32Array.from(values) : Float32Array.from(values)
  return { dataId: call.backend.write(typed, shape, dtype), shape, dtype }
}

/** Boxes, scores and limits of a suppression, in the order in which tfjs' functions take them. */
function suppression(call: Call) {
  return [
    read(call, 'boxes'),
    read(call, 'scores'),
    call.number('maxOutputSize'),
    call.number('iouThreshold'),
    call.number('scoreThreshold'),
  ] as const
}

/** Slices of `x` along an axis that differ, in the order in which they first occur, and for each slice which of them it is. */
function unique(call: Call): TensorInfo[] {
  const x = call.input('x')
  const axis = util.parseAxisParam(call.number('axis'), x.shape)[0]!
  const values = read(call, 'x')
  const length = x.shape[axis]!
  const inner = sizeOf(x.shape.slice(axis + 1))
  const outer = sizeOf(x.shape.slice(0, axis))
  const known = new Map<string, number>()
  const kept: number[] = []
  const which = Int32Array.from({ length }, (_, i) => {
    const slice = Array.from({ length: outer * inner }, (_, k) => place(k, i))
    const key = slice.map((at) => values[at]).join()
    let index = known.get(key)
    if (index === undefined) {
      index = known.size
      known.set(key, index)
      kept.push(i)
    }
    return index
  })
  function place(k: number, i: number): number {
    return (Math.floor(k / inner) * length + i) * inner + (k % inner)
  }
  const shape = x.shape.map((d, a) => (a === axis ? kept.length : d))
  const picked = values.slice(0, sizeOf(shape))
  for (let k = 0; k < outer * inner; k++) {
    kept.forEach((i, j) => {
      picked[(Math.floor(k / inner) * kept.length + j) * inner + (k % inner)] = values[place(k, i)]!
    })
  }
  return [
    { dataId: call.backend.write(picked, shape, x.dtype), shape, dtype: x.dtype },
    { dataId: call.backend.write(which, [length], 'int32'), shape: [length], dtype: 'int32' },
  ]
}

export const hostKernels: readonly Kernel[] = [
  kernel('NonMaxSuppressionV3', (call) => {
    const { selectedIndices } = kernel_impls.nonMaxSuppressionV3Impl(...suppression(call))
    return written(call, selectedIndices, 'int32')
  }),
  kernel('NonMaxSuppressionV4', (call) => {
    const padded = call.flag('padToMaxOutputSize')
    const { selectedIndices, validOutputs } = kernel_impls.nonMaxSuppressionV4Impl(...suppression(call), padded)
    return [written(call, selectedIndices, 'int32'), written(call, [validOutputs ?? 0], 'int32', [])]
  }),
  kernel('NonMaxSuppressionV5', (call) => {
    const sigma = call.number('softNmsSigma')
    const { selectedIndices, selectedScores } = kernel_impls.nonMaxSuppressionV5Impl(...suppression(call), sigma)
    return [written(call, selectedIndices, 'int32'), written(call, selectedScores ?? [], 'float32')]
  }),
  kernel('BroadcastArgs', (call) =>
    written(call, backend_util.assertAndGetBroadcastShape([...read(call, 's0')], [...read(call, 's1')]), 'int32'),
  ),
  kernel('Unique', unique),
]
