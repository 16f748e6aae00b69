import type * as transforms from '@stablesig/core/transforms'
import { readImage } from './read-image.ts'
import { loadSharp } from './sharp.ts'

/**
 * The codec of transforms on Node: libjpeg-turbo, libwebp and libaom through sharp, which loads at first use. Files are what common
 * programs write: JPEG with annex K's tables, WebP of effort 4, AVIF with halved chroma.
 */
export function sharpCodec(): transforms.ImageCodec {
  return {
    name: 'sharp',
    formats: ['jpeg', 'webp', 'avif'],
    async encode({ width, height, data }, options) {
      const sharp = await loadSharp()
      const picture = sharp(data, { raw: { width, height, channels: 3 } })
      const { quality } = options
      switch (options.format) {
        case 'jpeg':
          return picture.jpeg({ quality, chromaSubsampling: options.subsampling }).toBuffer()
        case 'webp':
          return picture.webp({ quality, effort: 4 }).toBuffer()
        case 'avif':
          return picture.avif({ quality, chromaSubsampling: '4:2:0' }).toBuffer()
      }
    },
    decode: (bytes) => readImage(bytes, { name: 'a compressed image' }),
  }
}
