import type { Graph } from './lowering/graph.ts'
import type { Raw } from './lowering/value.ts'
import { sizeOf } from './tensors.ts'

/** Views of another tensor: no memory of their own. */
const VIEWS = new Set(['Reshape', 'Identity'])

/**
 * Bytes of intermediate tensors alive at once at most, when the nodes run in their order and each tensor is freed after its
 * last use. An estimate of what a session's arena grows to: kernels' own work space is not in it.
 */
export function peakBytes(graph: Graph): number {
  const owner = new Map<Raw, Raw>()
  const lastUse = new Map<Raw, number>()
  const own = (raw: Raw): Raw => owner.get(raw) ?? raw
  graph.nodes.forEach((node, i) => {
    for (const input of node.inputs) if (input) lastUse.set(own(input), i)
    const source = node.inputs[0]
    if (source && VIEWS.has(node.op)) owner.set(node.outputs[0]!, own(source))
  })
  const freed = new Map<number, number>()
  let alive = 0
  let peak = 0
  graph.nodes.forEach((node, i) => {
    for (const output of node.outputs) {
      if (owner.has(output)) continue
      const bytes = sizeOf(output.dims) * (output.type === 'bool' ? 1 : output.type === 'int64' ? 8 : 4)
      alive += bytes
      const last = lastUse.get(output)
      if (last !== undefined) freed.set(last, (freed.get(last) ?? 0) + bytes)
    }
    peak = Math.max(peak, alive)
    alive -= freed.get(i) ?? 0
  })
  return peak
}
