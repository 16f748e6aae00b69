import { checkNumber, checkObject } from '../../arguments.ts'
import { StableSigError } from '../../errors.ts'
import type { ToLevel } from '../../signal/bytes.ts'
import type { UnitImages } from '../../signal/images.ts'
import { checkImages } from '../check.ts'
import { type EncodeOptions, type ImageCodec, lacksFormat } from './image-codec.ts'
import { isQuality } from './jpeg-tables.ts'
import { pixelImages, unitImages } from './pixels.ts'

/**
 * Images [N,H,W,3] in [0, 1] as they are after each was written to a file and read again: clamped, made 8 bits, encoded and decoded.
 * @param level how a value becomes 8 bits: 'round' (default), half up, or 'truncate', as torchvision's ToPILImage does
 * @throws StableSigError 'unsupported' where the codec has no such format; 'not-finite' for NaN; 'bad-argument'
 */
export async function compress(
  images: UnitImages,
  codec: ImageCodec,
  options: EncodeOptions,
  level: ToLevel = 'round',
): Promise<UnitImages> {
  checkImages(images, options.format)
  checkObject(codec, 'codec', 'an ImageCodec', ['name', 'formats', 'encode', 'decode'])
  checkNumber(options.quality, `quality of ${options.format}`, 'a whole number from 1 to 100', isQuality)
  if (!codec.formats.includes(options.format)) throw lacksFormat(codec, options.format)
  const decoded = []
  for (const image of await pixelImages(images, level)) {
    const back = await codec.decode(await codec.encode(image, options))
    if (back.width !== image.width || back.height !== image.height)
      throw new StableSigError(
        'bad-image',
        `the codec ${codec.name} gave back ${back.width}x${back.height} pixels of ${image.width}x${image.height}`,
      )
    decoded.push(back)
  }
  return unitImages(decoded)
}
