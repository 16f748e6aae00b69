import type { ModelProto } from '../onnx/types.ts'
import { encodeModel } from '../onnx/writer.ts'
import type { OnnxRuntime, OnnxSession, RuntimeTensor } from './runtime.ts'

/** What a runtime has beyond ONNX's own operators. */
export interface Capabilities {
  /** ONNX Runtime's extra operators: FusedMatMul, Gelu, QuickGelu. */
  readonly microsoft: boolean
  /** Channels in a block of its blocked layout; 0 where it has none. */
  readonly block: number
}

export const noCapabilities: Capabilities = { microsoft: false, block: 0 }

/** Channels and pixels of the tensor that shows the order in memory. */
const CHANNELS = 32
const PIXELS = 2

const value = (name: string, shape: readonly number[]) => ({ name, type: 'float32' as const, shape })

/** Reorders 0, 1, 2, … into blocks: where channel 1's number of the next pixel turns up tells the block's length. */
const blockModel: ModelProto = {
  nodes: [{ op: 'ReorderInput', domain: 'com.microsoft.nchwc', inputs: ['x'], outputs: ['y'], attributes: {} }],
  initializers: [],
  inputs: [value('x', [1, CHANNELS, 1, PIXELS])],
  outputs: [value('y', [1, CHANNELS, 1, PIXELS])],
}

const microsoftModel: ModelProto = {
  nodes: [
    { op: 'Gelu', domain: 'com.microsoft', inputs: ['x'], outputs: ['g'], attributes: {} },
    { op: 'QuickGelu', domain: 'com.microsoft', inputs: ['g'], outputs: ['q'], attributes: { alpha: { float: 1 } } },
    { op: 'FusedMatMul', domain: 'com.microsoft', inputs: ['q', 'q'], outputs: ['y'], attributes: { transB: 1 } },
  ],
  initializers: [],
  inputs: [value('x', [2, 2])],
  outputs: [value('y', [2, 2])],
}

const dims = [1, CHANNELS, 1, PIXELS]
const numbers = Float32Array.from({ length: CHANNELS * PIXELS }, (_, i) => i)
const ramp = (): RuntimeTensor => ({ name: 'x', type: 'float32', dims, data: numbers })

/** The block's length, from where the second number of channel 0 has gone; 0 when the order is none that is known. */
export function blockLength(reordered: Float32Array): number {
  const block = reordered.indexOf(1)
  const known = block === 8 || block === 16
  return known && reordered[1] === PIXELS && reordered[block - 1] === PIXELS * (block - 1) ? block : 0
}

/** Tries small models. A provider other than the CPU has no such operators. */
export async function probe(runtime: OnnxRuntime): Promise<Capabilities> {
  if (runtime.provider !== 'cpu') return noCapabilities
  const extra = await attempt(() => runtime.create(encodeModel(microsoftModel)))
  await extra?.release()
  const microsoft = extra !== null
  const out = new Float32Array(numbers.length)
  const session = await attempt(() => runtime.create(encodeModel(blockModel)))
  if (session === null) return { microsoft, block: 0 }
  const ran = await attempt(() =>
    session.run([ramp()], [{ name: 'y', type: 'float32', dims, data: out }]).then(() => true),
  )
  await session.release()
  return { microsoft, block: ran === null ? 0 : blockLength(out) }
}

/** The result, or null where the runtime refuses. */
async function attempt<T extends OnnxSession | boolean>(make: () => Promise<T>): Promise<T | null> {
  try {
    return await make()
  } catch {
    return null
  }
}
