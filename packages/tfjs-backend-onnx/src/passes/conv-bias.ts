import type { Graph } from '../ir/graph.ts'
import type { IrTensor } from '../ir/tensor.ts'
import { countUses, rebuild } from './rewrite.ts'

/** Conv followed by an addition of one number a channel: the convolution's own bias. */
export function fuseConvBias(graph: Graph): void {
  const uses = countUses(graph)
  rebuild(graph, (node, replaced) => {
    if (node.op !== 'Add') return
    for (const [x, bias] of [
      [node.inputs[0], node.inputs[1]],
      [node.inputs[1], node.inputs[0]],
    ]) {
      const conv = x?.producer
      if (!x || !bias || conv?.op !== 'Conv' || conv.domain !== '' || conv.inputs.length !== 2) continue
      const channels = x.dims[1]!
      if (uses.get(x) !== 1 || !isPerChannel(bias, channels)) continue
      const vector = graph.node('Reshape', [bias, graph.integers([channels])], [channels], bias.type)
      const fused = graph.node('Conv', [...conv.inputs, vector], x.dims, x.type, conv.attributes)
      replaced.set(node.outputs[0]!, fused)
      return
    }
  })
}

function isPerChannel(raw: IrTensor, channels: number): boolean {
  return raw.dims.length === 4 && raw.dims.every((d, axis) => d === (axis === 1 ? channels : 1))
}
