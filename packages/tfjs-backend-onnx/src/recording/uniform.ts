/** The value all elements have, or null. Almost every other tensor fails at its first elements. */
export function uniformValue(values: Float32Array | Int32Array | Uint8Array): number | null {
  if (values.length === 0) return null
  const first = values[0]!
  if (!Object.is(values[values.length - 1], first) || !Object.is(values[values.length >> 1], first)) return null
  // -0 and NaN keep their place: Object.is tells them apart where === would not, and one pass over equal values is fast.
  if (first === 0 || Number.isNaN(first)) {
    for (let i = 1; i < values.length; i++) if (!Object.is(values[i], first)) return null
  } else {
    for (let i = 1; i < values.length; i++) if (values[i] !== first) return null
  }
  return first
}
