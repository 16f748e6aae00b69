/** A picture as decoded: 8-bit RGB, row by row, three bytes per pixel. */
export interface PixelImage {
  readonly width: number
  readonly height: number
  /** height x width x 3, each 0..255. */
  readonly data: Uint8Array
}
