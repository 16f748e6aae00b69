/** A picture as decoded: 8-bit RGB, row by row, three bytes per pixel. */
export interface PixelImage {
  readonly width: number
  readonly height: number
  /** height x width x 3, each 0..255. */
  readonly data: Uint8Array
}

/** Pictures of any size, read when they are needed: what models are trained on from scratch. */
export interface PixelSet {
  readonly length: number
  /** Picture `index`, from 0. It is not changed, so a set may keep what it has read. */
  read(index: number): Promise<PixelImage>
}
