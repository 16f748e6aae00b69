/** One golden case: an entry of a topic's cases.json, with what the generator's README says of each field. */
export interface GoldenCase {
  readonly name: string
  readonly file: string
  readonly op: string
  readonly args: Readonly<Record<string, unknown>>
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly tolerance: Tolerance & { readonly outputs?: Readonly<Record<string, Tolerance>> }
  readonly note: string
  /** The entry whole, for topics with fields of their own (formats). */
  readonly raw: Readonly<Record<string, unknown>>
}

export interface Tolerance {
  readonly abs: number
  readonly rel: number
  /** Greatest mean absolute difference, for 8-bit outputs. */
  readonly mean?: number
}

export interface GoldenTensor {
  /** PyTorch layout, as stored. */
  readonly shape: readonly number[]
  /** Widened to doubles; 64-bit integers too. */
  readonly values: Float64Array
}

/** What a runner is given: the case, where things are, and the one way to say what it got. */
export interface GoldenContext {
  readonly case: GoldenCase
  /** Folder of the topic. */
  readonly folder: string
  /** Folder of real weights and images; null where there is none (a case that needs it then fails and says so). */
  readonly data: string | null
  /** Tensors of a safetensors file of the topic's folder; the case's own file when no name is given. */
  tensors(file?: string): Promise<ReadonlyMap<string, GoldenTensor>>
  /** A JSON file of the topic's folder; the case's own file when no name is given. */
  json(file?: string): Promise<unknown>
  /** Compares one output elementwise, |got - want| <= abs + rel*|want| (tolerance.outputs[name], else tolerance), and records
   * the greatest deviation as a share of what is allowed. `want` defaults to the case file's tensor of that name. */
  compare(name: string, got: ArrayLike<number>, want?: ArrayLike<number>): void
  /** Records a yes-or-no fact; false fails the case with `message`. */
  check(ok: boolean, message: string): void
}

/** A topic's runners, by the `op` of its cases: goldens/topics/<topic>.ts exports one as `topic`. */
export interface Topic {
  readonly name: string
  readonly runners: Readonly<Record<string, (context: GoldenContext) => Promise<void>>>
}
