import { StableSigError } from '@stablesig/core'
import type { Pixels } from '@stablesig/images'

/** Colour behind transparent pixels, R, G, B in 0..255. */
export type Background = readonly [number, number, number]

/** What can be drawn, over a background, as 8-bit RGB. */
export function flattened(
  name: string,
  picture: CanvasImageSource,
  width: number,
  height: number,
  [r, g, b]: Background,
): Pixels {
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true, alpha: false })
  if (context === null) throw new StableSigError('no-engine', 'this browser gives no canvas to read pixels from')
  context.fillStyle = `rgb(${r} ${g} ${b})`
  context.fillRect(0, 0, width, height)
  context.drawImage(picture, 0, 0, width, height)
  try {
    const { data } = context.getImageData(0, 0, width, height, { colorSpace: 'srgb' })
    return { name, width, height, data: withoutAlpha(data) }
  } catch (cause) {
    throw new StableSigError(
      'io',
      `${name} is from another site that does not let this page read its pixels: load it with CORS (crossorigin), or as a file`,
      { cause },
    )
  }
}

function withoutAlpha(rgba: Uint8ClampedArray): Uint8Array {
  const rgb = new Uint8Array((rgba.length / 4) * 3)
  for (let from = 0, to = 0; from < rgba.length; from += 4, to += 3) {
    rgb[to] = rgba[from]!
    rgb[to + 1] = rgba[from + 1]!
    rgb[to + 2] = rgba[from + 2]!
  }
  return rgb
}
