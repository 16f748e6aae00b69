import { StableSigError } from '../errors.ts'
import { bytesToUnit, unitToBytes } from '../signal/bytes.ts'
import type { UnitImages } from '../signal/images.ts'
import { compress } from '../transforms/codec/compress.ts'
import type { ImageCodec } from '../transforms/codec/image-codec.ts'
import type { SavedFormat } from './calibration.ts'

/**
 * Images [N,H,W,3] as they are after saving and reading them: of 8 bits, through a codec's JPEG where that is the
 * format. A new tensor.
 * @throws StableSigError 'bad-argument' where JPEG is asked for without a codec; as `compress`
 */
export async function savedImages(images: UnitImages, saved: SavedFormat, codec?: ImageCodec): Promise<UnitImages> {
  if (saved.format === 'png') return bytesToUnit(unitToBytes(await images.data<'float32'>()), images.shape)
  if (!codec)
    throw new StableSigError(
      'bad-argument',
      'a codec is needed to calibrate for JPEG: pass { codec } (sharpCodec of @stablesig/backend-node, jpegJsCodec of core/transforms)',
    )
  return compress(images, codec, { subsampling: '4:2:0', ...saved })
}
