import type { ImageLimits, Pixels } from '@stablesig/images'
import { checkPixels } from './check-pixels.ts'
import { type Background, flattened } from './flattened.ts'

/** What a page shows: read as it is shown, in sRGB. */
export type Picture =
  | ImageBitmap
  | HTMLCanvasElement
  | OffscreenCanvas
  | HTMLImageElement
  | HTMLVideoElement
  | VideoFrame
  | ImageData

/** Whether a value is of a class that this page or worker has: workers have no elements. */
const isA = <T>(value: unknown, name: string): value is T => {
  const kind: unknown = Reflect.get(globalThis, name)
  return typeof kind === 'function' && value instanceof kind
}

export const isPicture = (value: unknown): value is Picture =>
  [
    'ImageBitmap',
    'HTMLCanvasElement',
    'OffscreenCanvas',
    'HTMLImageElement',
    'HTMLVideoElement',
    'VideoFrame',
    'ImageData',
  ].some((name) => isA(value, name))

/** Its pixels as they are stored, not as large as the page shows it. */
export function pixelsOfPicture(
  name: string,
  picture: Picture,
  limits: Pick<Required<ImageLimits>, 'maxPixels'>,
  background: Background,
): Pixels {
  const [width, height] = sizeOf(picture)
  checkPixels(name, width, height, limits)
  if (!isA<ImageData>(picture, 'ImageData')) return flattened(name, picture, width, height, background)
  const canvas = new OffscreenCanvas(width, height)
  canvas.getContext('2d')?.putImageData(picture, 0, 0)
  return flattened(name, canvas, width, height, background)
}

function sizeOf(picture: Picture): [width: number, height: number] {
  if (isA<HTMLImageElement>(picture, 'HTMLImageElement')) return [picture.naturalWidth, picture.naturalHeight]
  if (isA<HTMLVideoElement>(picture, 'HTMLVideoElement')) return [picture.videoWidth, picture.videoHeight]
  if (isA<VideoFrame>(picture, 'VideoFrame')) return [picture.displayWidth, picture.displayHeight]
  return [picture.width, picture.height]
}
