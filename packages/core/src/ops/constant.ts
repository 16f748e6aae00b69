import { engine, type Tensor } from '@tensorflow/tfjs-core'

/**
 * Tells the tensor's engine that its values never change, so that a compiling backend may bake them into its graph. A hint:
 * engines without such a method take no notice. Returns the tensor.
 */
export function markConstant<T extends Tensor>(tensor: T): T {
  const backend: unknown = engine().state.tensorInfo.get(tensor.dataId)?.backend
  if (typeof backend === 'object' && backend !== null && 'markConstant' in backend) {
    const { markConstant: hint } = backend
    if (typeof hint === 'function') hint.call(backend, tensor.dataId)
  }
  return tensor
}

/** markConstant for each of a model's frozen weights. */
export function markConstants<W extends Readonly<Record<string, Tensor>>>(weights: W): W {
  for (const tensor of Object.values<Tensor>(weights)) markConstant(tensor)
  return weights
}
