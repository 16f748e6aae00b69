import type { ElementType, TensorValues } from '../onnx/types.ts'

/** Arrays below this size are cheaper to allocate than to keep. */
const SMALLEST = 4096
/** An array that no run has wanted for so many runs is given back to the garbage collector. */
const IDLE_RUNS = 6

interface Idle {
  readonly array: TensorValues
  readonly since: number
}

/**
 * Arrays for results, used again. A fresh array costs about 0.7 ms a MB in page faults; weights and moments of a training
 * loop so alternate between two arrays each.
 */
export class ArrayPool {
  readonly #idle = new Map<string, Idle[]>()
  #run = 0
  #bytes = 0

  constructor(private readonly maxBytes: number) {}

  /** Bytes kept without being in use. */
  get bytes(): number {
    return this.#bytes
  }

  take(type: ElementType, length: number): { array: TensorValues; pooled: boolean } {
    const list = this.#idle.get(`${type}${length}`)
    const found = list?.pop()
    if (found) {
      this.#bytes -= found.array.byteLength
      return { array: found.array, pooled: true }
    }
    const array = allocate(type, length)
    return { array, pooled: array.byteLength >= SMALLEST }
  }

  /** Takes an array back that nobody refers to any more. */
  give(type: ElementType, array: TensorValues): void {
    if (this.#bytes + array.byteLength > this.maxBytes) return
    const key = `${type}${array.length}`
    const list = this.#idle.get(key)
    const idle = { array, since: this.#run }
    if (list) list.push(idle)
    else this.#idle.set(key, [idle])
    this.#bytes += array.byteLength
  }

  /** One more run has ended: forgets what has lain idle for long. */
  tick(): void {
    this.#run++
    for (const [key, list] of this.#idle) {
      while (list.length > 0 && this.#run - list[0]!.since > IDLE_RUNS) this.#bytes -= list.shift()!.array.byteLength
      if (list.length === 0) this.#idle.delete(key)
    }
  }

  clear(): void {
    this.#idle.clear()
    this.#bytes = 0
  }
}

function allocate(type: ElementType, length: number): TensorValues {
  switch (type) {
    case 'float32':
      return new Float32Array(length)
    case 'int32':
      return new Int32Array(length)
    case 'int64':
      return new BigInt64Array(length)
    case 'float16':
      return new Uint16Array(length)
    default:
      return new Uint8Array(length)
  }
}
