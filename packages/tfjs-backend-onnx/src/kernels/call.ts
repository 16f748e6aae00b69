import { type DataType, KernelBackend, type KernelFunc, registerKernel, type TensorInfo } from '@tensorflow/tfjs-core'
import type { EngineHints } from '../backend/hints.ts'
import { EngineError } from '../errors.ts'
import type { ElementType } from '../onnx/types.ts'
import type { Lower } from '../recording/tensor-data.ts'

/** What kernels need of the backend: a place to record into, and aliases of data. */
export abstract class RecordingBackend extends KernelBackend {
  abstract record(
    name: string,
    attributes: string,
    inputs: readonly TensorInfo[],
    outputs: readonly { readonly shape: readonly number[]; readonly dtype: DataType }[],
    lower: Lower,
  ): TensorInfo[]
  /** A complex64 tensor of two float32 ones of equal shape; it takes over the caller's reference to each. */
  abstract joined(real: TensorInfo, imag: TensorInfo): TensorInfo
  /** The two tensors that a complex64 one is made of, under its shape; no reference is added. */
  abstract partsOf(x: TensorInfo): { readonly real: TensorInfo; readonly imag: TensorInfo }
  abstract readonly hints: EngineHints
  /** A tensor of one repeated value: no kernel, no memory. */
  abstract filled(shape: readonly number[], dtype: DataType, value: number): TensorInfo
}

/** One call of a kernel by tfjs: inputs and attributes by name, checked as they are asked for. */
export class Call {
  constructor(
    readonly name: string,
    readonly backend: RecordingBackend,
    private readonly inputMap: Readonly<Record<string, TensorInfo | TensorInfo[] | undefined>>,
    private readonly attributeMap: Readonly<Record<string, unknown>>,
  ) {}

  input(name: string): TensorInfo {
    const input = this.inputMap[name]
    if (input === undefined || Array.isArray(input)) throw this.#bad('input', name, 'a tensor', input)
    return input
  }

  /** An input that may be left out. */
  optional(name: string): TensorInfo | null {
    const input = this.inputMap[name]
    return input === undefined || input === null ? null : this.input(name)
  }

  /** The inputs of a kernel that takes any number of them. */
  list(): TensorInfo[] {
    return Object.keys(this.inputMap).map((name) => this.input(name))
  }

  /** The same call with other inputs. */
  mapInputs(map: (input: TensorInfo) => TensorInfo): Call {
    const entries = Object.entries(this.inputMap).map(([name, input]) => [
      name,
      input instanceof Object && !Array.isArray(input) ? map(input) : input,
    ])
    return new Call(this.name, this.backend, Object.fromEntries(entries), this.attributeMap)
  }

  /** Whether an input is a complex64 tensor. */
  get isComplex(): boolean {
    return Object.values(this.inputMap).some(
      (input) => input instanceof Object && !Array.isArray(input) && input.dtype === 'complex64',
    )
  }

  number(name: string, missing?: number): number {
    const value = this.attributeMap[name]
    if (typeof value === 'number') return value
    if (value === undefined && missing !== undefined) return missing
    throw this.#bad('attribute', name, 'a number', value)
  }

  flag(name: string): boolean {
    const value = this.attributeMap[name]
    if (value === undefined || typeof value === 'boolean') return value === true
    throw this.#bad('attribute', name, 'true or false', value)
  }

  text(name: string, missing?: string): string {
    const value = this.attributeMap[name]
    if (typeof value === 'string') return value
    if ((value === undefined || value === null) && missing !== undefined) return missing
    throw this.#bad('attribute', name, 'text', value)
  }

  /** A list of numbers; a single number is a list of one. */
  numbers(name: string, missing?: readonly number[]): number[] {
    const value = this.attributeMap[name]
    if (typeof value === 'number') return [value]
    if (isNumbers(value)) return Array.from(value)
    if ((value === undefined || value === null) && missing !== undefined) return [...missing]
    throw this.#bad('attribute', name, 'a list of numbers', value)
  }

  /** Pairs of numbers, as paddings come. */
  pairs(name: string): [number, number][] {
    const value = this.attributeMap[name]
    if (!Array.isArray(value)) throw this.#bad('attribute', name, 'a list of pairs', value)
    return value.map((pair: unknown) => {
      if (!isNumbers(pair) || pair.length !== 2) throw this.#bad('attribute', name, 'a list of pairs', value)
      return [pair[0]!, pair[1]!]
    })
  }

  dtype(name: string, missing?: string): DataType {
    return asDataType(this.text(name, missing))
  }

  has(name: string): boolean {
    return this.attributeMap[name] !== undefined && this.attributeMap[name] !== null
  }

  attribute(name: string): unknown {
    return this.attributeMap[name]
  }

  /** Records a computation of one output. `attributes` is all that shapes it beside the inputs' shapes and types. */
  record(
    attributes: string,
    inputs: readonly TensorInfo[],
    shape: readonly number[],
    dtype: DataType,
    lower: Lower,
  ): TensorInfo {
    return this.backend.record(this.name, attributes, inputs, [{ shape, dtype }], lower)[0]!
  }

  /** The same data under another shape. */
  alias(x: TensorInfo, shape: readonly number[] = x.shape): TensorInfo {
    this.backend.incRef(x.dataId)
    return { dataId: x.dataId, shape: [...shape], dtype: x.dtype }
  }

  unsupported(what: string, remedy: string): EngineError {
    return new EngineError('unsupported', `${this.name}: ${what} is not available on the onnx backend; ${remedy}`)
  }

  #bad(kind: string, name: string, expected: string, found: unknown): EngineError {
    return new EngineError(
      'unsupported',
      `${this.name}: ${kind} "${name}" should be ${expected}, found ${String(found)}`,
    )
  }
}

function isNumbers(value: unknown): value is ArrayLike<number> & Iterable<number> {
  if (value instanceof Int32Array || value instanceof Float32Array) return true
  return Array.isArray(value) && value.every((item) => typeof item === 'number')
}

function asDataType(text: string): DataType {
  if (text === 'float32' || text === 'int32' || text === 'bool') return text
  throw new EngineError(
    'unsupported',
    `tensors of type ${text} cannot be computed with on the onnx backend; use float32, int32 or bool`,
  )
}

/** The element type that stands for a tfjs type in a model. */
export function elementType(dtype: DataType): ElementType {
  const type = asDataType(dtype)
  return type === 'float32' || type === 'int32' ? type : 'bool'
}

/** A kernel as this package defines it: records and says what comes out. */
export interface Kernel {
  readonly name: string
  readonly run: (call: Call) => TensorInfo | TensorInfo[]
}

export function kernel(name: string, run: Kernel['run']): Kernel {
  return { name, run }
}

/** Makes kernels known to tfjs under a backend's name. */
export function registerAll(kernels: readonly Kernel[], backendName: string): void {
  for (const { name, run } of kernels) {
    const kernelFunc: KernelFunc = ({ inputs, attrs, backend }) => {
      if (!(backend instanceof RecordingBackend)) throw new EngineError('no-engine', `${name} needs the onnx backend`)
      return run(new Call(name, backend, inputs, attrs ?? {}))
    }
    registerKernel({ kernelName: name, backendName, kernelFunc })
  }
}
