import { type Tensor4D, tensor4d } from '@tensorflow/tfjs-core'
import seedrandom from 'seedrandom'

/** Standard normal values from a seed, on any engine the same. */
export function normal(shape: Tensor4D['shape'], seed: number | string): Tensor4D {
  const random = seedrandom(`${seed}`)
  const length = shape.reduce((product, size) => product * size, 1)
  const values = Float32Array.from({ length }, () => {
    return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
  })
  return tensor4d(values, shape)
}
