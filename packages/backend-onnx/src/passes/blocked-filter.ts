import type { Graph, IrNode } from '../lowering/graph.ts'
import type { Raw } from '../lowering/value.ts'

/**
 * A filter that is trained, in ONNX Runtime's blocked order [O/B, I/B, kh, kw, B, B'], by gathering rows: that runs on all
 * threads, where a transpose of six axes takes one thread four times as long. `letters` tells what the source's axes are to the
 * convolution: 'hwio' as tfjs has them, 'hwoi' where channels in and out have changed places, as in an input gradient; null for
 * anything else, and for constants, which the runtime brings into order once.
 */
export function gatherBlockedFilter(graph: Graph, source: Raw, letters: string, block: number): Raw | null {
  const turned = upsideDown(source)
  const filter = turned ?? source
  if (filter.values !== null || (letters !== 'hwio' && letters !== 'hwoi')) return null
  const [kh, kw, second, third] = filter.dims as [number, number, number, number]
  const taps = kh * kw
  const tap = (at: number) => (turned ? taps - 1 - at : at)
  const name = `filter ${letters} ${filter.dims} ${turned !== null}`
  const gather = (rows: Raw, order: () => number[]): Raw => {
    const index = graph.table(name, () => Int32Array.from(order()))
    return graph.node('Gather', [rows, index], rows.dims, 'float32', { axis: 0 })
  }
  const reshape = (raw: Raw, dims: readonly number[]) =>
    graph.node('Reshape', [raw, graph.integers(dims)], dims, 'float32')

  if (letters === 'hwio') {
    const [inputs, sets] = [second, third / block]
    const order = () => {
      const places: number[] = []
      for (let set = 0; set < sets; set++)
        for (let first = 0; first < inputs; first += block)
          for (let at = 0; at < taps; at++)
            for (let lane = 0; lane < block; lane++) places.push((tap(at) * inputs + first + lane) * sets + set)
      return places
    }
    return reshape(gather(reshape(filter, [taps * inputs * sets, block]), order), [third, second, kh, kw])
  }
  // [taps,O,I] in blocks of O is [taps,O/B,I,B]: squares of B inputs by B outputs, which then change places whole.
  const [sets, groups] = [second / block, third / block]
  const order = () => {
    const places: number[] = []
    for (let set = 0; set < sets; set++)
      for (let group = 0; group < groups; group++)
        for (let at = 0; at < taps; at++) places.push((tap(at) * sets + set) * groups + group)
    return places
  }
  const planes = reshape(filter, [taps, second, third, 1])
  const blocks = graph.node('ReorderInput', [planes], planes.dims, 'float32', {}, 'com.microsoft.nchwc')
  return reshape(gather(reshape(blocks, [taps * sets * groups, block * block]), order), [second, third, kh, kw])
}

/** What a tensor is turned upside down and mirrored from. */
function upsideDown(raw: Raw): Raw | null {
  const node: IrNode | null = raw.producer
  if (node?.op !== 'Slice') return null
  const [source, starts, , axes, steps] = node.inputs
  const is = (list: Raw | null | undefined, wanted: string) => `${list?.values}` === wanted
  return source && is(starts, '-1,-1') && is(axes, '0,1') && is(steps, '-1,-1') ? source : null
}
