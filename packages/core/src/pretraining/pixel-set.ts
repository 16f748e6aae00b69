import type { PixelImage } from '../signal/pixel-image.ts'

/** Pictures of any size, read when they are needed: what models are trained on from scratch. */
export interface PixelSet {
  readonly length: number
  /** Picture `index`, from 0. It is not changed, so a set may keep what it has read. */
  read(index: number): Promise<PixelImage>
}
