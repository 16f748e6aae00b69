import { StableSigError } from '../../errors.ts'
import type { PixelImage } from '../../signal/pixel-image.ts'

/** Whether chroma is kept at half the resolution along both axes, or whole. */
export type ChromaSubsampling = '4:2:0' | '4:4:4'

/** How a picture is compressed. Quality is 1..100. */
export type EncodeOptions =
  | { readonly format: 'jpeg'; readonly quality: number; readonly subsampling: ChromaSubsampling }
  | { readonly format: 'webp'; readonly quality: number }
  | { readonly format: 'avif'; readonly quality: number }

export type CodecFormat = EncodeOptions['format']

/** Compresses pictures and decodes them: a program's or a platform's, which core is given. */
export interface ImageCodec {
  /** What errors and reports call it: 'sharp', 'jpeg-js'. */
  readonly name: string
  /** What it can write. */
  readonly formats: readonly CodecFormat[]
  /** @throws StableSigError 'unsupported' for a format or an option that it lacks */
  encode(image: PixelImage, options: EncodeOptions): Promise<Uint8Array>
  /** @throws StableSigError 'bad-image' for what it cannot read */
  decode(bytes: Uint8Array): Promise<PixelImage>
}

/** The error of a codec that lacks a format. */
export const lacksFormat = ({ name, formats }: Pick<ImageCodec, 'name' | 'formats'>, format: CodecFormat) =>
  new StableSigError(
    'unsupported',
    `the codec ${name} writes ${formats.join(', ')} and not ${format}: use a codec that does (on Node, @stablesig/backend-node has one)`,
  )
