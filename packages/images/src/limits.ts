/** What one image may cost. A file that asks for more is refused before it is decoded. */
export interface ImageLimits {
  /** Bytes of the file. Default 256 MB. */
  readonly maxBytes?: number
  /** Pixels, of all the frames that are asked for together: decoded, each takes three bytes. Default 100 million. */
  readonly maxPixels?: number
  /** Seconds that decoding may take. Default 30. */
  readonly maxSeconds?: number
}

export const DEFAULT_LIMITS: Required<ImageLimits> = {
  maxBytes: 256 * 2 ** 20,
  maxPixels: 100_000_000,
  maxSeconds: 30,
}
