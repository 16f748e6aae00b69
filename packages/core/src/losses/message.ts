import {
  abs,
  add,
  exp,
  log1p,
  mean,
  mul,
  neg,
  relu,
  type Scalar,
  sigmoid,
  sub,
  type Tensor2D,
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
  if (key.shape[1] !== bits || (key.shape[0] !== 1 && key.shape[0] !== n))
    throw new StableSigError(
      'shape',
      `a key of shape [${key.shape.join(', ')}] for logits of shape [${logits.shape.join(', ')}]: give [1, ${bits}] or [${n}, ${bits}]`,
    )
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
