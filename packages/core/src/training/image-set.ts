import type { UnitImages } from '../signal/images.ts'

/** Photographs that are read when they are asked for, so that a folder of any size needs no memory. */
export interface ImageSet {
  readonly length: number
  /** Image `index` (from 0) as [1,size,size,3]; the caller disposes it. */
  read(index: number, size: number): Promise<UnitImages>
}
