import { concat, matMul, mul, reshape, slice, softmax, type Tensor3D, type Tensor4D, tidy } from '@tensorflow/tfjs-core'
import { StableSigError } from '../errors.ts'

/** Bytes of a run's scores; twice that is alive, before and after the softmax. A run of 2,900 queries and as many keys. */
const SCORE_BYTES = 32 * 2 ** 20

/**
 * Attention of every position to every other, with one head: softmax(q·kᵀ / sqrt(C))·v, each of q, k, v [N,H,W,C] -> [N,H,W,C].
 * A softmax is over the keys of one query, so queries are taken in runs whose scores fit `scoreBytes`, with the same result.
 * @param scoreBytes of one run's scores, 4·N·run·H·W; a run is one query at the least. 32 MiB
 * @throws StableSigError 'shape' where q, k and v differ in shape
 */
export function attention(q: Tensor4D, k: Tensor4D, v: Tensor4D, scoreBytes: number = SCORE_BYTES): Tensor4D {
  const [n, h, w, c] = q.shape
  if (k.shape.join() !== q.shape.join() || v.shape.join() !== q.shape.join())
    throw new StableSigError('shape', `queries [${q.shape}], keys [${k.shape}] and values [${v.shape}] differ`)
  const positions = h * w
  const run = Math.max(1, Math.min(positions, Math.floor(scoreBytes / (4 * n * positions))))
  return tidy(() => {
    const flat = (x: Tensor4D): Tensor3D => reshape(x, [n, positions, c])
    // Scaled before the product: scores of unscaled half-precision queries can overflow.
    const queries = flat(mul(q, c ** -0.5))
    const [keys, values] = [flat(k), flat(v)]
    const attend = (some: Tensor3D): Tensor3D => matMul(softmax(matMul(some, keys, false, true)), values)
    if (run === positions) return reshape(attend(queries), [n, h, w, c])
    const runs: Tensor3D[] = []
    for (let from = 0; from < positions; from += run)
      runs.push(tidy(() => attend(slice(queries, [0, from, 0], [n, Math.min(run, positions - from), c]))))
    return reshape(concat(runs, 1), [n, h, w, c])
  })
}
