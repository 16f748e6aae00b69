/**
 * Differences of bit patterns, and bytes laid out so that deflate finds what is alike.
 *
 * A float's bits, taken as a whole number, count through the floats in order within a sign. `ordered` flips them so that they do
 * across signs too, which makes a small change of a value a small number; it is a bijection on patterns, so whatever they are (NaN
 * and both zeros included) source + difference is the other pattern again, modulo 2^width. Zigzag then folds signs: 0, -1, 1, -2 …
 * become 0, 1, 2, 3 …, whose upper bytes are mostly zero. Bytes of one weight lie together: a plane of them compresses.
 */
type Width = 2 | 4

const SIGN: Readonly<Record<Width, number>> = { 2: 0x8000, 4: 0x80000000 }
const MASK: Readonly<Record<Width, number>> = { 2: 0xffff, 4: 0xffffffff }

/** after - before, pattern by pattern of `width` bytes, in planes from the least significant byte up. Same lengths. */
export function patternDifferences(before: Uint8Array, after: Uint8Array, width: Width): Uint8Array {
  const [a, b] = [viewOf(before), viewOf(after)]
  const count = before.byteLength / width
  const planes = new Uint8Array(before.byteLength)
  for (let i = 0; i < count; i++) {
    const difference = signed(ordered(read(b, i, width), width) - ordered(read(a, i, width), width), width)
    let zigzag = ((difference << 1) ^ (difference >> 31)) >>> 0
    for (let plane = 0; plane < width; plane++, zigzag >>>= 8) planes[plane * count + i] = zigzag
  }
  return planes
}

/** The way back: before and the planes of differences -> after. */
export function addPatternDifferences(before: Uint8Array, planes: Uint8Array, width: Width): Uint8Array {
  const view = viewOf(before)
  const count = before.byteLength / width
  const out = new Uint8Array(before.byteLength)
  const result = viewOf(out)
  for (let i = 0; i < count; i++) {
    let zigzag = 0
    for (let plane = width - 1; plane >= 0; plane--) zigzag = ((zigzag << 8) | (planes[plane * count + i] ?? 0)) >>> 0
    const difference = (zigzag >>> 1) ^ -(zigzag & 1)
    const pattern = unordered((ordered(read(view, i, width), width) + difference) & MASK[width], width)
    if (width === 2) result.setUint16(2 * i, pattern, true)
    else result.setUint32(4 * i, pattern, true)
  }
  return out
}

/** Bytes of elements -> planes: all first bytes, all second bytes, and so on. */
export function toPlanes(bytes: Uint8Array, width: number): Uint8Array {
  const count = bytes.length / width
  const planes = new Uint8Array(bytes.length)
  for (let i = 0; i < count; i++)
    for (let plane = 0; plane < width; plane++) planes[plane * count + i] = bytes[i * width + plane] ?? 0
  return planes
}

export function fromPlanes(planes: Uint8Array, width: number): Uint8Array {
  const count = planes.length / width
  const bytes = new Uint8Array(planes.length)
  for (let i = 0; i < count; i++)
    for (let plane = 0; plane < width; plane++) bytes[i * width + plane] = planes[plane * count + i] ?? 0
  return bytes
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

const read = (view: DataView, i: number, width: Width): number =>
  width === 2 ? view.getUint16(2 * i, true) : view.getUint32(4 * i, true)

/** Negative floats count downwards: all their bits are flipped; positive ones lie above them: their sign bit is. */
const ordered = (pattern: number, width: Width): number =>
  (pattern & SIGN[width] ? ~pattern & MASK[width] : pattern | SIGN[width]) >>> 0

const unordered = (place: number, width: Width): number =>
  (place & SIGN[width] ? place & ~SIGN[width] & MASK[width] : ~place & MASK[width]) >>> 0

/** A difference as the signed number of that width that it is modulo 2^(8·width). */
const signed = (difference: number, width: Width): number => (width === 2 ? (difference << 16) >> 16 : difference | 0)
