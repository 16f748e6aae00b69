import { add, div, maximum, mul, sqrt, square, sum, type Tensor1D, tidy } from '@tensorflow/tfjs-core'

/** Gradients divided by max(1, their common norm / maxNorm): a step that would be too long keeps its direction. */
export function clipByGlobalNorm(gradients: readonly Tensor1D[], maxNorm: number): Tensor1D[] {
  return tidy(() => {
    const squares = gradients.map((gradient) => sum(square(gradient), 0, true))
    const norm = sqrt(squares.reduce((a, b) => add(a, b)))
    const scale = div(1, maximum(div(norm, maxNorm), 1))
    return gradients.map((gradient) => mul<Tensor1D>(gradient, scale))
  })
}
