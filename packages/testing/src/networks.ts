import { type KlShape, klPlan, klShapes, klSpellings } from '@stablesig/core/models'
import { fromFloat32, type StateDict, type StateTensor, unmapName } from '@stablesig/weights'
import seedrandom from 'seedrandom'

/* Small random networks as files would hold them. */

/** A state dict of float32 tensors: name -> [shape, values]. */
export function stateOf(entries: Record<string, readonly [number[], ArrayLike<number>]>): StateDict {
  const tensors = Object.entries(entries).map(([name, [shape, values]]): [string, StateTensor] => {
    const bytes = fromFloat32(Float32Array.from(values), 'float32')
    return [name, { dtype: 'float32', shape, read: async () => bytes }]
  })
  return { source: 'test', format: 'safetensors', tensors: new Map(tensors), metadata: {} }
}

/** Values about 0 with the given std, from a seed. */
export function noise(seed: string, length: number, std: number): Float32Array {
  const random = seedrandom(seed)
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
  return Float32Array.from({ length }, () => std * normal())
}

type Entries = Record<string, [number[], Float32Array]>

const count = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1)

export interface ExtractorShape {
  bits: number
  channels: number
  blocks: number
  prefix?: string
  /** A whitening layer: 1.* beside a prefix of '0.', as TorchScript has it, else whiten.*. Default true. */
  whiten?: boolean
}

/** A random extractor's file. */
export function extractorState({ bits, channels, blocks, prefix = '', whiten = true }: ExtractorShape): StateDict {
  const entries: Entries = {}
  const put = (name: string, shape: number[], std: number, about = 0) => {
    entries[name] = [shape, noise(name, count(shape), std).map((value) => value + about)]
  }
  for (let i = 0; i <= blocks; i++) {
    const [into, out] = [i ? channels : 3, i < blocks ? channels : bits]
    const block = `${prefix}layers.${i}.layers`
    put(`${block}.0.weight`, [out, into, 3, 3], Math.sqrt(2 / (9 * into)))
    put(`${block}.0.bias`, [out], 0.2)
    put(`${block}.1.weight`, [out], 0.1, 1)
    put(`${block}.1.bias`, [out], 0.2)
    put(`${block}.1.running_mean`, [out], 0.3)
    put(`${block}.1.running_var`, [out], 0.1, 1)
    put(`${block}.1.num_batches_tracked`, [1], 0, 7)
  }
  put(`${prefix}linear.weight`, [bits, bits], 1 / Math.sqrt(bits))
  put(`${prefix}linear.bias`, [bits], 0.1)
  if (whiten) {
    const layer = prefix === '0.' ? '1' : `${prefix}whiten`
    put(`${layer}.weight`, [bits, bits], 1 / Math.sqrt(bits))
    put(`${layer}.bias`, [bits], 0.1)
  }
  return stateOf(entries)
}

export interface LightShape {
  bits: number
  /** Channels at the image's resolution, at a half and a quarter, at an eighth. */
  widths: readonly [number, number, number]
  prefix?: string
  whiten?: boolean
}

/** A random light extractor's file, as a training writes it. */
export function lightExtractorState({ bits, widths, prefix = '', whiten = true }: LightShape): StateDict {
  const entries: Entries = {}
  const put = (name: string, shape: number[], std: number, about = 0) => {
    entries[prefix + name] = [shape, noise(name, count(shape), std).map((value) => value + about)]
  }
  const [first, second, third] = widths
  const layers: [string, number, number][] = [
    ['full', 3, first],
    ['half', first, second],
    ...['quarter.0', 'quarter.1'].flatMap((block): [string, number, number][] => [
      [`${block}.inner`, second, second],
      [`${block}.outer`, second, second],
    ]),
    ['widen', second, third],
    ['eighth.0.inner', third, third],
    ['eighth.0.outer', third, third],
  ]
  for (const [name, into, out] of layers) {
    put(`${name}.weight`, [out, into, 3, 3], Math.sqrt(2 / (9 * into)))
    put(`${name}.norm.weight`, [out], 0.1, 1)
    put(`${name}.norm.bias`, [out], 0.2)
    put(`${name}.norm.running_mean`, [out], 0.3)
    put(`${name}.norm.running_var`, [out], 0.1, 1)
  }
  put('head.weight', [bits, third], 1 / Math.sqrt(third))
  put('head.bias', [bits], 0.1)
  if (whiten) {
    put('whiten.weight', [bits, bits], 1 / Math.sqrt(bits))
    put('whiten.bias', [bits], 0.1)
  }
  return stateOf(entries)
}

export interface TinyShape {
  width: number
  latentChannels: number
  pooled: boolean
  spelling: 'taesd' | 'diffusers'
}

/** One half of a random tiny autoencoder as its file. */
export function tinyState(part: 'encoder' | 'decoder', shape: TinyShape): StateDict {
  const { width, latentChannels, pooled, spelling } = shape
  const entries: Entries = {}
  let layer = 0
  const named = (name: string) => {
    if (spelling === 'taesd') return `${layer}.${name}`
    return `${part}.layers.${part === 'encoder' ? layer : layer - 1}.${name}`
  }
  const put = (name: string, shape: number[], std: number, about = 0) => {
    entries[named(name)] = [shape, noise(part + layer + name, count(shape), std).map((value) => value + about)]
  }
  const conv = (into: number, out: number, bias = true, about = 0) => {
    put('weight', [out, into, 3, 3], Math.sqrt((about ? 0.02 : 2) / (9 * into)))
    if (bias) put('bias', [out], 0.1, about)
    layer++
  }
  const block = (pool = false) => {
    for (const i of [0, 2, 4]) {
      put(`conv.${i}.weight`, [width, width, 3, 3], Math.sqrt((i === 4 ? 0.3 : 2) / (9 * width)))
      put(`conv.${i}.bias`, [width], 0.1)
    }
    if (pool) {
      put('pool.0.weight', [4 * width, width, 1, 1], Math.sqrt(2 / width))
      put('pool.1.weight', [4 * width], 0.2, 1)
      put('pool.1.bias', [4 * width], 0.1)
      put('pool.3.weight', [width, 4 * width, 1, 1], Math.sqrt(0.3 / (4 * width)))
    }
    layer++
  }
  const stages = [0, 1, 2]
  if (part === 'encoder') {
    conv(3, width)
    block()
    for (const stage of stages) {
      conv(width, width, false)
      for (let i = 0; i < 3; i++) block(pooled && stage === 2)
    }
    conv(width, latentChannels)
  } else {
    layer = 1 // after the clamp
    conv(latentChannels, width)
    layer++ // the ReLU
    for (const stage of stages) {
      for (let i = 0; i < 3; i++) block(pooled && stage === 0)
      layer++ // the upsampling
      conv(width, width, false)
    }
    block()
    conv(width, 3, true, 0.5)
  }
  return stateOf(entries)
}

export interface KlFile {
  /** As describeAutoencoder calls it. Default: 'LDM'. */
  layout?: string
  prefix?: string
  parts?: readonly ('encoder' | 'decoder')[]
  /** Codes of a VQ autoencoder. */
  codes?: number
}

/** A random KL or VQ autoencoder as its file, the same weights in every spelling. */
export function klState(shape: KlShape, { layout = 'LDM', prefix = '', parts, codes = 0 }: KlFile = {}): StateDict {
  const entries: Entries = {}
  const mapping = klSpellings(shape.widths.length).find(({ name }) => name === layout)
  if (!mapping) throw new Error(`no spelling ${layout}`)
  const put = (ours: string, stored: readonly number[], about = 0, std = 0.1) => {
    const matrix = layout.startsWith('diffusers') && /\.attn.*\.(q|k|v|proj_out)\.weight$/.test(ours)
    const values = noise(ours, count(stored), std).map((value) => value + about)
    entries[prefix + unmapName(mapping, ours)] = [matrix ? stored.slice(0, 2) : [...stored], values]
  }
  for (const part of parts ?? (['encoder', 'decoder'] as const))
    for (const [name, stored] of Object.entries(klShapes(klPlan(part, shape)))) {
      const norm = /norm/.test(name) && name.endsWith('weight')
      put(`${part}.${name}`, stored, norm ? 1 : 0, stored.length > 1 ? 1 / Math.sqrt(count(stored.slice(1))) : 0.1)
    }
  if (codes) put('quantize.embedding.weight', [codes, shape.latentChannels], 0, 1)
  if (layout === 'FLUX.2') {
    put('bn.running_mean', [4 * shape.latentChannels])
    put('bn.running_var', [4 * shape.latentChannels], 1)
  }
  return stateOf(entries)
}
