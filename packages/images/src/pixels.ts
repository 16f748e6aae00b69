/** An image as decoded: 8-bit RGB, row by row, three bytes a pixel. */
export interface Pixels {
  /** What errors call it: usually the path. */
  readonly name: string
  readonly width: number
  readonly height: number
  /** height x width x 3, each 0..255. */
  readonly data: Uint8Array
}

/** The rectangle [left, left + width) x [top, top + height) of an image, copied. It must lie inside. */
export function crop(image: Pixels, left: number, top: number, width: number, height: number): Pixels {
  if (left === 0 && top === 0 && width === image.width && height === image.height) return image
  const data = new Uint8Array(width * height * 3)
  for (let y = 0; y < height; y++) {
    const start = ((top + y) * image.width + left) * 3
    data.set(image.data.subarray(start, start + width * 3), y * width * 3)
  }
  return { name: image.name, width, height, data }
}

/**
 * Grows an image to the right and below until both sides are multiples of `multiple`, repeating its last column and row:
 * what an autoencoder that works on whole blocks needs. The original is crop(padded, 0, 0, width, height).
 */
export function padToMultiple(image: Pixels, multiple: number): Pixels {
  const width = Math.ceil(image.width / multiple) * multiple
  const height = Math.ceil(image.height / multiple) * multiple
  if (width === image.width && height === image.height) return image
  const data = new Uint8Array(width * height * 3)
  for (let y = 0; y < height; y++) {
    const source = Math.min(y, image.height - 1) * image.width * 3
    const row = y * width * 3
    data.set(image.data.subarray(source, source + image.width * 3), row)
    const last = row + (image.width - 1) * 3
    for (let x = image.width; x < width; x++) data.copyWithin(row + x * 3, last, last + 3)
  }
  return { name: image.name, width, height, data }
}
