/**
 * onnxruntime-node writes results into the arrays that it is given, and then copies each into a new array that nobody here looks
 * at: of a large decoder's weights and moments 600 MB a training step, a tenth of its time. It converts results in the model's
 * order and gives up at the first that is no tensor, after everything has been computed and written. So that models get a first
 * result of that kind, an empty list, and the complaint about it is the sign that a run has ended well.
 */
export const UNREAD = 'unread'
/** The operator that makes it. */
export const UNREAD_OPERATOR = 'SequenceEmpty'

/** Models above this size hold weights, and make images of them: a copy of the model would cost more than one of its results. */
const LARGEST = 64 * 2 ** 20

/** A field of a protocol buffer: text, bytes of a message, or a small number. */
const field = (number: number, value: string | readonly number[] | number): number[] => {
  if (typeof value === 'number') return [number << 3, value]
  const bytes = typeof value === 'string' ? [...new TextEncoder().encode(value)] : value
  return [(number << 3) | 2, bytes.length, ...bytes]
}

/** ONNX's FLOAT. */
const FLOAT = 1
const tensorType = field(1, field(1, FLOAT))

/** A ModelProto with a graph of one node and its result. A parser merges what follows into it. */
const preamble = field(7, [
  ...field(1, [...field(2, UNREAD), ...field(4, UNREAD_OPERATOR)]),
  ...field(12, [...field(1, UNREAD), ...field(2, field(4, field(1, tensorType)))]),
])

/** A small model to try a runtime with: float32 y = x, of one axis. */
const identityModel: Uint8Array = Uint8Array.from([
  ...field(1, 9),
  ...field(7, [
    ...field(1, [...field(1, 'x'), ...field(2, 'y'), ...field(4, 'Identity')]),
    ...field(2, 'probe'),
    ...field(11, [...field(1, 'x'), ...field(2, tensorType)]),
    ...field(12, [...field(1, 'y'), ...field(2, tensorType)]),
  ]),
  ...field(8, field(2, 20)),
])

/** The same with such a first result. */
export const probeModel = (): Uint8Array => withUnread(identityModel) ?? new Uint8Array()

/** The bytes of a model with such a first result; null where that is not worth it. */
export function withUnread(model: Uint8Array): Uint8Array | null {
  if (model.length > LARGEST) return null
  const bytes = new Uint8Array(preamble.length + model.length)
  bytes.set(preamble)
  bytes.set(model, preamble.length)
  return bytes
}
