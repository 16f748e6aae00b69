// What code blocks of the documents call by these names without making it: they go on where an earlier block or the text left off.
import type { OpenedAutoencoder } from '@stablesig/backend-node'
import type { Extractor, ImageSet, Key, Registry } from '@stablesig/core'
import type { ImageBatch } from '@stablesig/core/detection'
import type { UnitImage } from '@stablesig/core/images'
import type { Weights } from '@stablesig/core/weights'
import type { Tensor4D } from '@tensorflow/tfjs-core'

declare global {
  const autoencoder: OpenedAutoencoder
  const extractor: Extractor
  const key: Key
  const registry: Registry
  const photographs: ImageSet
  const heldOut: ImageSet
  const image: UnitImage
  const images: ImageBatch
  const latents: Tensor4D
  const signed: Weights
  /** Values of latents that another program gave. */
  const values: Float32Array
  const signal: AbortSignal
  const tensor: Tensor4D
  /** Files that a page was given, and bytes that a server was sent or a program read. */
  const file: File
  const files: readonly File[]
  const picture: Blob
  const upload: Uint8Array<ArrayBuffer>
  const bytes: Uint8Array<ArrayBuffer>
}
