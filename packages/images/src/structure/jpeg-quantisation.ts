import { damaged } from './fault.ts'
import { isFrame, SOI, SOS, segmentAt } from './jpeg-segment.ts'

const DQT = 0xdb

/** Coefficients of a block. */
const STEPS = 64

/** How coarsely a JPEG is quantised, and its chroma sampled. */
export interface Quantisation {
  /** Steps of 8x8 coefficients, row by row; `null` for chroma of a grey picture. */
  readonly luma: readonly number[]
  readonly chroma: readonly number[] | null
  /** Samples of luma for each of chroma, across and down; 1 of a grey picture. */
  readonly across: number
  readonly down: number
}

/** Reads the tables that stand before a JPEG's first data, and how its colours are sampled. @throws Fault */
export function readQuantisation(bytes: Uint8Array): Quantisation {
  const tables = new Map<number, readonly number[]>()
  let frame: Uint8Array | undefined
  for (let at = 2; ; ) {
    const { marker, segment, end } = segmentAt(bytes, at)
    at = end
    if (marker === SOS || marker === SOI || marker === 0xd9) break
    if (segment && marker === DQT) readTables(segment, tables)
    else if (segment && isFrame(marker)) frame = segment
  }
  if (!frame) throw damaged('its data come before the size of the picture')
  const count = frame[5] ?? 0
  const component = (index: number) => {
    const [, factors = 0x11, table = 0] = frame.subarray(6 + 3 * index)
    const steps = tables.get(table)
    if (!steps) throw damaged('it lacks a quantisation table that its data need')
    return { across: factors >> 4, down: factors % 16, steps }
  }
  const luma = component(0)
  const chroma = count >= 3 ? component(1) : null
  return {
    ...{ luma: luma.steps, chroma: chroma?.steps ?? null },
    ...{ across: chroma ? luma.across / chroma.across : 1, down: chroma ? luma.down / chroma.down : 1 },
  }
}

/** Tables of a segment: of 8 or 16 bits a step, in zigzag order. */
function readTables(segment: Uint8Array, tables: Map<number, readonly number[]>): void {
  for (let at = 0; at < segment.length; ) {
    const head = segment[at] ?? 0
    const bytes = head >> 4 ? 2 : 1
    const end = at + 1 + STEPS * bytes
    if (end > segment.length) throw damaged('a quantisation table of it is cut short')
    const steps = Array<number>(STEPS).fill(0)
    for (const [i, place] of ZIGZAG.entries()) {
      const from = at + 1 + i * bytes
      steps[place] = bytes === 1 ? segment[from]! : (segment[from]! << 8) | segment[from + 1]!
    }
    if (steps.includes(0)) throw damaged('a quantisation table of it has a step of 0')
    tables.set(head % 16, steps)
    at = end
  }
}

/** Places, row by row, of coefficients in the order in which they are stored: along antidiagonals, up and down by turns. */
const ZIGZAG: readonly number[] = Array.from({ length: 15 }, (_, sum) => {
  const rows = Array.from({ length: 8 }, (_, row) => row).filter((row) => sum - row >= 0 && sum - row < 8)
  return (sum % 2 ? rows : rows.reverse()).map((row) => 8 * row + (sum - row))
}).flat()
