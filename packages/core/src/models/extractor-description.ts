import type { MatchedTensors } from '@stablesig/weights'
import type { ExtractorNetwork } from './extractor-network.ts'

export interface ExtractorOptions {
  /** How many outputs of a HiDDeN extractor are summed to one bit. Default: what the whitening layer's size says, else 1. */
  readonly redundancy?: number
}

/** What a file of weights holds of an extractor. */
export interface ExtractorDescription {
  /** The spelling of its names: 'TorchScript extractor', 'HiDDeN checkpoint', 'bare extractor', 'light extractor'. */
  readonly layout: string
  /** What stands before them. */
  readonly prefix: string
  readonly architecture: ExtractorNetwork['architecture']
  readonly bits: number
  readonly convolutions: number
  /** Of the inner convolutions; at the lowest resolution where there are several. */
  readonly channels: number
  /** Outputs that are summed to one bit. */
  readonly redundancy: number
  /** Whether a whitening layer is there. */
  readonly whitened: boolean
  /** The model's names -> the file's, of all that was expected and found. */
  readonly names: ReadonlyMap<string, string>
  /** Expected and not there, as the file would spell them. */
  readonly missing: readonly string[]
  /** There and not expected. */
  readonly unexpected: readonly string[]
  /** What is wrong with shapes, a sentence each. */
  readonly wrong: readonly string[]
}

/** An extractor's architecture, and which of a file's tensors are its own. */
export interface ExtractorPlan
  extends Pick<
    ExtractorDescription,
    'architecture' | 'bits' | 'convolutions' | 'channels' | 'redundancy' | 'whitened'
  > {
  readonly match: MatchedTensors
}
