/** What a file may cost to open, so that one made to hurt is refused early. Counts and bytes. */
export interface WeightLimits {
  /** The part that tells what is inside: a safetensors header, a zip's directory, a pickle (inflated). */
  readonly indexBytes: number
  /** Opcodes of one pickle; a tensor takes about 25. */
  readonly pickleSteps: number
  /** Values between the top of a checkpoint and its deepest tensor. */
  readonly depth: number
  /** Values met when a checkpoint is searched for tensors, one met twice counting twice; values of a safetensors header. */
  readonly values: number
  /** Tensors of a file; records of a zip. */
  readonly tensors: number
  /** Elements of one tensor, as bytes. */
  readonly tensorBytes: number
}

/** Ten times and more what public checkpoints need: their index is below 2 MB, their depth below 12. */
export const DEFAULT_WEIGHT_LIMITS: WeightLimits = {
  indexBytes: 32 * 2 ** 20,
  pickleSteps: 1_000_000,
  depth: 100,
  values: 500_000,
  tensors: 100_000,
  tensorBytes: 4 * 2 ** 30,
}
