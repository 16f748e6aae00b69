import { type Card, fromFloat32, type TensorData, toFloat32, writeSafetensors } from '@stablesig/weights'

/** A safetensors file of tensors rounded to half precision. */
export function halfFile(tensors: Readonly<Record<string, TensorData>>, card: Card): Uint8Array {
  const halves = Object.entries(tensors).map(([name, { dtype, shape, data }]): [string, TensorData] => [
    name,
    { dtype: 'float16', shape, data: fromFloat32(toFloat32(data, dtype), 'float16') },
  ])
  return writeSafetensors(Object.fromEntries(halves), card)
}
