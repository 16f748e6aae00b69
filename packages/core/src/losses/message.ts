import {
  abs,
  add,
  div,
  exp,
  log1p,
  mean,
  mul,
  neg,
  relu,
  type Scalar,
  sigmoid,
  sqrt,
  square,
  sub,
  sum,
  type Tensor2D,
  tidy,
} from '@tensorflow/tfjs-core'
import { StableSigError } from '../errors.ts'
import { customGradient } from '../ops/custom-gradient.ts'

/**
 * Binary cross-entropy between the key and temperature·logits, mean over batch and bits. With s = temperature·logit:
 *   max(s, 0) - s·key + log(1 + e^-|s|)
 * which overflows nowhere. Gradient by the logits: temperature·(σ(s) - key) / (N·bits).
 * @param logits [N,bits]
 * @param key [N,bits] or [1,bits], 0 or 1
 * @throws StableSigError 'shape' when the key is not as long as the logits
 */
export function messageLoss(logits: Tensor2D, key: Tensor2D, temperature = 10): Scalar {
  const [n, bits] = logits.shape
  checkKey(logits, key)
  return customGradient([logits], () => {
    const s = mul(logits, temperature)
    const each = add(sub(relu(s), mul(s, key)), log1p(exp(neg(abs(s)))))
    return {
      value: mean<Scalar>(each),
      saved: [logits, key] as [Tensor2D, Tensor2D],
      gradient: (dy: Scalar, [logits, key]) => [
        mul(sub(sigmoid(mul(logits, temperature)), key), mul(dy, temperature / (n * bits))),
      ],
    }
  })
}

/**
 * Mean squared distance of temperature·logits from the key as -1 and 1: the `mse` of the reference's options.
 * @param logits [N,bits]
 * @param key [N,bits] or [1,bits], 0 or 1
 */
export function messageSquares(logits: Tensor2D, key: Tensor2D, temperature = 10): Scalar {
  checkKey(logits, key)
  return tidy(() => mean<Scalar>(square(sub(mul(logits, temperature), signs(key)))))
}

/** Minus the cosine of the angle between logits and the key as -1 and 1, mean over rows: the `cossim` of the reference's options. */
export function messageCosine(logits: Tensor2D, key: Tensor2D): Scalar {
  checkKey(logits, key)
  return tidy(() => {
    const target = signs(key)
    const norms = mul(sqrt(sum(square(logits), 1)), Math.sqrt(logits.shape[1]))
    return neg(mean<Scalar>(div(sum(mul(logits, target), 1), norms)))
  })
}

const signs = (key: Tensor2D): Tensor2D => sub(mul(key, 2), 1)

function checkKey(logits: Tensor2D, key: Tensor2D): void {
  const [n, bits] = logits.shape
  if (key.shape[1] !== bits || (key.shape[0] !== 1 && key.shape[0] !== n))
    throw new StableSigError(
      'shape',
      `a key of shape [${key.shape.join(', ')}] for logits of shape [${logits.shape.join(', ')}]: give [1, ${bits}] or [${n}, ${bits}]`,
    )
}
