import { extname } from 'node:path'

/** Endings of names that promise a picture, of formats that are read and of others. */
const ENDINGS: ReadonlySet<string> = new Set(
  (
    'jpg jpeg jpe jfif png apng webp gif tif tiff avif heic heif hif bmp dib ico jxl jp2 j2k jpx jpf svg svgz psd tga ' +
    'pbm pgm ppm pnm pfm exr hdr qoi dng cr2 cr3 crw nef arw orf rw2 raf pef srw'
  ).split(' '),
)

/** Whether a file is named as an image, whatever it holds. */
export const isNamedLikeImage = (path: string): boolean => ENDINGS.has(extname(path).slice(1).toLowerCase())
