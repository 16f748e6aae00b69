import { backend_util } from '@tensorflow/tfjs-core'
import type { ConvGeometry } from '../convolution/forward.ts'
import type { Call } from './call.ts'

export type ConvInfo = ReturnType<typeof backend_util.computeConv2DInfo>

/** Shapes, strides and paddings of a convolution as tfjs' attributes say; pads may be 'same', 'valid', a number or explicit. */
export function convInfo(call: Call, x: readonly number[], filter: readonly number[], depthwise: boolean): ConvInfo {
  const [h, w, i, o] = [filter[0]!, filter[1]!, filter[2]!, filter[3]!]
  return backend_util.computeConv2DInfo(
    [x[0]!, x[1]!, x[2]!, x[3]!],
    [h, w, i, o],
    pair(call.numbers('strides')),
    pair(call.numbers('dilations', [1, 1])),
    padding(call),
    rounding(call),
    depthwise,
    backend_util.convertConv2DDataFormat(channelsFirst(call) ? 'NCHW' : 'NHWC'),
  )
}

export function pair(values: readonly number[]): [number, number] {
  return [values[0]!, values[1] ?? values[0]!]
}

export function triple(values: readonly number[]): [number, number, number] {
  return [values[0]!, values[1] ?? values[0]!, values[2] ?? values[0]!]
}

/** Padding of a kernel that takes no explicit one. */
export function uniformPadding(call: Call): 'same' | 'valid' | number {
  const pad = call.attribute('pad')
  return pad === 'same' || pad === 'valid' ? pad : call.number('pad')
}

export function padding(
  call: Call,
): 'same' | 'valid' | number | [[number, number], [number, number], [number, number], [number, number]] {
  const pad = call.attribute('pad')
  if (pad === 'same' || pad === 'valid' || typeof pad === 'number') return pad
  const p = call.pairs('pad')
  return [p[0]!, p[1]!, p[2]!, p[3]!]
}

export function rounding(call: Call): 'floor' | 'round' | 'ceil' | undefined {
  const mode = call.text('dimRoundingMode', '')
  return mode === 'floor' || mode === 'round' || mode === 'ceil' ? mode : undefined
}

export function channelsFirst(call: Call): boolean {
  return call.text('dataFormat', 'NHWC') === 'NCHW'
}

/** `groups` are channels convolved apart: 1, or the input channels of a depthwise convolution. */
export function geometry(info: ConvInfo, groups = 1): ConvGeometry {
  const { top, left, bottom, right } = info.padInfo
  return {
    batch: info.batchSize,
    inputs: info.inChannels,
    outputs: info.outChannels,
    input: [info.inHeight, info.inWidth],
    output: [info.outHeight, info.outWidth],
    kernel: [info.filterHeight, info.filterWidth],
    strides: [info.strideHeight, info.strideWidth],
    dilations: [info.dilationHeight, info.dilationWidth],
    pads: [top, left, bottom, right],
    groups,
  }
}

export function keyOf(info: ConvInfo, first: boolean): string {
  const g = geometry(info)
  return `${g.kernel};${g.strides};${g.dilations};${g.pads};${g.input};${g.output};${first}`
}
