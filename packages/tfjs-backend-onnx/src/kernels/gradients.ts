/**
 * Gradients of kernels for which tfjs has none, beside all that it has: those its Node bundle leaves out, and importing
 * @stablesig/gradients registers, an effect for which package.json names this file.
 */
import '@stablesig/gradients'
import {
  broadcastTo,
  einsum,
  type GradFunc,
  getGradient,
  image,
  mul,
  registerGradient,
  reshape,
  type Tensor,
  type Tensor4D,
} from '@tensorflow/tfjs-core'
import { EngineError } from '../errors.ts'
import { parseEquation } from './einsum.ts'

/** The gradient that arrives at a kernel of one result. */
function single(dy: Tensor | Tensor[]): Tensor {
  if (Array.isArray(dy))
    throw new EngineError('unsupported', 'a gradient for each of several results was given for one')
  return dy
}

/** An einsum of at least one letter; tfjs takes a scalar for an operand only in a product. */
function contract(operands: readonly string[], result: string, tensors: readonly Tensor[]): Tensor {
  const [first, second] = operands
  if (first === '' && second !== undefined) return mul(tensors[0]!, contract([second], result, tensors.slice(1)))
  return first === result && second === undefined ? tensors[0]! : einsum(`${operands}->${result}`, ...tensors)
}

/**
 * Of an operand: the sum, over what is not in it, of dy times the other one. Letters that stand in this operand alone were summed
 * over, so that each of their elements has the same gradient.
 */
const einsumGradient: GradFunc = (dy, saved, { equation }) => {
  const { operands, result } = parseEquation(String(equation), saved.length)
  const ofOperand = (i: number) => () => {
    const others = operands.filter((_, k) => k !== i)
    const own = operands[i]!
    const reached = [...own].filter((letter) => [result, ...others].some((letters) => letters.includes(letter)))
    const rest = saved.filter((_, k) => k !== i)
    const sum = contract([result, ...others], reached.join(''), [single(dy), ...rest])
    const { shape } = saved[i]!
    const kept = shape.map((length, axis) => (reached.includes(own[axis]!) ? length : 1))
    return broadcastTo(reshape(sum, kept), shape)
  }
  return Object.fromEntries(saved.map((_, i) => [i, ofOperand(i)]))
}

const flipGradient: GradFunc = (dy) => {
  const d: Tensor = single(dy)
  const [n, h, w, c] = d.shape
  const images: Tensor4D = reshape(d, [n!, h!, w!, c!])
  return { image: () => image.flipLeftRight(images) }
}

/** Registers them, where nobody has meanwhile registered others. */
export function registerGradients(): void {
  if (!getGradient('Einsum')) registerGradient({ kernelName: 'Einsum', saveAllInputs: true, gradFunc: einsumGradient })
  if (!getGradient('FlipLeftRight')) registerGradient({ kernelName: 'FlipLeftRight', gradFunc: flipGradient })
}
