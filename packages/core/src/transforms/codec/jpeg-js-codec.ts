import { StableSigError } from '../../errors.ts'
import type { PixelImage } from '../../signal/pixel-image.ts'
import { type ImageCodec, lacksFormat } from './image-codec.ts'

/** Pictures above this are not decoded, in millions of pixels. */
const MAX_MEGAPIXELS = 100

/**
 * JPEG in plain JavaScript, for browsers and wherever there is no libjpeg: jpeg-js, loaded at first use. It writes chroma at full
 * resolution only (4:4:4), and repeats halved chroma where libjpeg interpolates it when it reads.
 */
export function jpegJsCodec(): ImageCodec {
  const codec = { name: 'jpeg-js', formats: ['jpeg'] } as const
  return {
    ...codec,
    async encode(image, options) {
      if (options.format !== 'jpeg') throw lacksFormat(codec, options.format)
      if (options.subsampling !== '4:4:4')
        throw new StableSigError(
          'unsupported',
          `the codec jpeg-js writes JPEG with subsampling 4:4:4 only, not ${options.subsampling}: ask for jpeg:${options.quality},4:4:4, ` +
            'or use a codec with libjpeg (on Node, @stablesig/backend-node has one)',
        )
      const { encode } = await load()
      const { width, height } = image
      return withBuffer(() => {
        const { data } = encode({ width, height, data: withAlpha(image) }, options.quality)
        return new Uint8Array(data.buffer, data.byteOffset, data.length)
      })
    },
    async decode(bytes) {
      const { decode } = await load()
      try {
        const { width, height, data } = decode(bytes, {
          useTArray: true,
          formatAsRGBA: false,
          tolerantDecoding: false,
          maxResolutionInMP: MAX_MEGAPIXELS,
        })
        return { width, height, data }
      } catch (cause) {
        throw new StableSigError('bad-image', 'the codec jpeg-js cannot read this JPEG: it is broken or too large', {
          cause,
        })
      }
    },
  }
}

/** A CommonJS module: some loaders give its exports by name, all of them give the default. */
const load = async () => (await import('jpeg-js')).default

function withAlpha({ width, height, data }: PixelImage): Uint8Array {
  const pixels = new Uint8Array(width * height * 4).fill(255)
  for (let from = 0, to = 0; from < data.length; from += 3, to += 4) pixels.set(data.subarray(from, from + 3), to)
  return pixels
}

/**
 * jpeg-js ends encoding with `Buffer.from(bytes)`, also in a browser's bundle, where there is none. It does so before it returns, so
 * the stand-in is seen by nobody else.
 */
function withBuffer<T>(work: () => T): T {
  if ('Buffer' in globalThis) return work()
  const from = (bytes: ArrayLike<number>) => Uint8Array.from(bytes)
  Object.defineProperty(globalThis, 'Buffer', { value: { from }, configurable: true })
  try {
    return work()
  } finally {
    Reflect.deleteProperty(globalThis, 'Buffer')
  }
}
