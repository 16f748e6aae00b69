import type { Graph } from '../ir/graph.ts'
import { sameShape } from '../ir/shape.ts'
import { type IrNode, type IrTensor, isConstant } from '../ir/tensor.ts'

/**
 * A filter that is trained, in ONNX Runtime's blocked order [O/B, I/B, kh, kw, B, B'], by gathering rows: that runs on all
 * threads, where a transpose of six axes takes one thread four times as long. `letters` tells what the source's axes are to the
 * convolution: 'hwio' as tfjs has them, 'hwoi' where channels in and out have changed places, as in an input gradient; null for
 * anything else, and for constants, which the runtime brings into order once.
 */
export function gatherBlockedFilter(graph: Graph, source: IrTensor, letters: string, block: number): IrTensor | null {
  const turned = upsideDown(source)
  const filter = turned ?? source
  if (isConstant(filter) || (letters !== 'hwio' && letters !== 'hwoi')) return null
  const [kh, kw, second, third] = filter.dims as [number, number, number, number]
  const taps = kh * kw
  const tap = (at: number) => (turned ? taps - 1 - at : at)

  // In blocks of its last axis [taps,first,last] is [taps,last/B,first,B], in blocks of its first one [taps,first/B,last,B]:
  // squares of B by B either way, which the first axis of the result has to lead in, and which then change places whole.
  const byOutputs = letters === 'hwio'
  const [outputs, inputs] = byOutputs ? [third, second] : [second, third]
  const [sets, groups] = [outputs / block, inputs / block]
  const order = () => {
    const places: number[] = []
    for (let set = 0; set < sets; set++)
      for (let group = 0; group < groups; group++)
        for (let at = 0; at < taps; at++) places.push((tap(at) * sets + set) * groups + group)
    return places
  }
  const planes = graph.reshape(filter, byOutputs ? [taps, inputs, 1, outputs] : [taps, outputs, inputs, 1])
  const dims = byOutputs ? [taps, outputs, inputs, 1] : planes.dims
  const attributes = byOutputs ? { channels_last: 1 } : {}
  const blocks = graph.node('ReorderInput', [planes], dims, 'float32', attributes, 'com.microsoft.nchwc')
  const squares = graph.reshape(blocks, [taps * sets * groups, block * block])
  const index = graph.table(`filter ${letters} ${filter.dims} ${turned !== null}`, () => Int32Array.from(order()))
  const placed = graph.node('Gather', [squares, index], squares.dims, 'float32', { axis: 0 })
  return graph.reshape(placed, [outputs, inputs, kh, kw])
}

/** What a tensor is turned upside down and mirrored from. */
function upsideDown(raw: IrTensor): IrTensor | null {
  const node: IrNode | null = raw.producer
  if (node?.op !== 'Slice') return null
  const [source, starts, , axes, steps] = node.inputs
  const is = (list: IrTensor | null | undefined, wanted: string) => `${list?.values}` === wanted
  const whole = source && sameShape(source.dims, raw.dims)
  return whole && is(starts, '-1,-1') && is(axes, '0,1') && is(steps, '-1,-1') ? source : null
}
