/** Element types of weight files, by PyTorch's names. */
export type DType =
  | 'float64'
  | 'float32'
  | 'float16'
  | 'bfloat16'
  | 'float8_e4m3fn'
  | 'float8_e5m2'
  | 'int64'
  | 'int32'
  | 'int16'
  | 'int8'
  | 'uint64'
  | 'uint32'
  | 'uint16'
  | 'uint8'
  | 'bool'

/** One tensor of a file, not yet read. */
export interface StateTensor {
  readonly dtype: DType
  /** PyTorch's order: convolutions are [out, in, height, width]. */
  readonly shape: readonly number[]
  /** Its elements as stored: contiguous, row-major, little-endian; read from the source at each call. */
  read(): Promise<Uint8Array>
}

/** What a weights file holds, by name as found there. Opening it reads the index; a tensor's bytes are read when asked for. */
export interface StateDict {
  /** The source's name, for errors. */
  readonly source: string
  readonly format: 'safetensors' | 'torch-zip' | 'torch-legacy' | 'torchscript' | 'npz'
  readonly tensors: ReadonlyMap<string, StateTensor>
  /** The text entries a file carries beside its tensors. */
  readonly metadata: Readonly<Record<string, string>>
  /** Plain values between the tensors of a PyTorch file (epoch, hyperparameters), by path like tensors; the first few thousand. */
  readonly scalars?: ReadonlyMap<string, Scalar>
  /** File names of the shards that it was joined from, where it was. */
  readonly shards?: readonly string[]
}

/** A plain value of a checkpoint: null is Python's None, a bigint a whole number that a double cannot hold. */
export type Scalar = null | boolean | number | bigint | string
