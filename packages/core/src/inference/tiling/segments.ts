import { at } from '../../at.ts'
import type { Stage } from '../../models/autoencoders/autoencoder.ts'
import type { Weights } from '../../models/weights.ts'

/** Stages that are computed together, tile by tile or at once. Lengths are in units: positions of its coarser end. */
export interface Segment {
  readonly stages: readonly Stage[]
  /** Whether it must be computed at once, since something in it sees all positions. */
  readonly whole: boolean
  /** Positions of what it takes, and of what it gives, that a unit is along a side. One of both is 1. */
  readonly unitIn: number
  readonly unitOut: number
  /** Units to each side that a position of what it gives may depend on. */
  readonly reach: number
  /** About how many bytes computing a unit takes. */
  readonly unitBytes: number
  /** Floats that a position of what it gives has. */
  readonly channels: number
}

/**
 * Floats of a position's widest layer that are alive at a time, as measured on large images: what a convolution reads and
 * writes, the skip around it, and what a normalisation makes in between.
 */
const LAYERS_ALIVE = 5

/**
 * A network as segments that follow one another: cut before each upsampling and after each downsampling, where what is handed
 * over is smallest, and joined again where that would be more than `handedBytes` all the same.
 * @param height of what the network takes, in positions
 */
export function segmentsOf(
  stages: readonly Stage[],
  weights: Weights,
  channels: number,
  height: number,
  width: number,
  handedBytes: number,
): Segment[] {
  const cut: Segment[] = []
  let run: Measured[] = []
  let into = channels
  const close = () => {
    if (run.length) cut.push(segmentOf(run))
    run = []
  }
  for (const stage of stages) {
    const measured = measure(stage, weights, into)
    if (stage.scale > 1) close()
    run.push(measured)
    if (stage.scale < 1) close()
    into = measured.out
  }
  close()

  const joined: Segment[] = []
  let [h, w] = [height, width]
  for (const segment of cut) {
    const last = joined.at(-1)
    if (last && !last.whole && !segment.whole && 4 * h * w * last.channels > handedBytes)
      joined[joined.length - 1] = join(last, segment)
    else joined.push(segment)
    ;[h, w] = [(h * segment.unitOut) / segment.unitIn, (w * segment.unitOut) / segment.unitIn]
  }
  return joined
}

/** What a stage's weights tell of it. */
interface Measured {
  readonly stage: Stage
  readonly reach: number
  readonly widest: number
  readonly out: number
}

/** Every 3x3 convolution widens by a position what is seen; branches count as if they followed one another. */
function measure(stage: Stage, weights: Weights, into: number): Measured {
  let [reach, widest, out] = [0, into, into]
  for (const name of stage.weights) {
    const [side = 1, , inner, outer] = weights[name]?.shape ?? []
    if (inner === undefined || outer === undefined) continue
    reach += (side - 1) / 2
    widest = Math.max(widest, inner, outer)
    out = outer
  }
  return { stage, reach, widest, out }
}

/** At most one stage of a run changes the resolution: its first, upwards, or its last, downwards. */
function segmentOf(run: readonly Measured[]): Segment {
  const scale = run.reduce((product, { stage }) => product * stage.scale, 1)
  // Positions of the finer end a unit; a stride's convolution reads there, an upsampling's too.
  const fine = Math.max(scale, 1 / scale)
  const reach = run.reduce((sum, one) => sum + one.reach, 0)
  const widest = Math.max(...run.map((one) => one.widest))
  return {
    stages: run.map(({ stage }) => stage),
    whole: run.some(({ stage }) => stage.whole === true),
    unitIn: scale < 1 ? fine : 1,
    unitOut: scale < 1 ? 1 : fine,
    reach: Math.ceil(reach / fine),
    unitBytes: 4 * LAYERS_ALIVE * widest * fine * fine,
    channels: at(run, run.length - 1).out,
  }
}

/** Two segments of one direction as one: a unit of the coarser is several of the finer. */
function join(a: Segment, b: Segment): Segment {
  const up = b.unitOut / b.unitIn >= 1 && a.unitOut / a.unitIn >= 1
  const [coarse, finer] = up ? [a, b] : [b, a]
  const ratio = up ? a.unitOut : b.unitIn
  return {
    stages: [...a.stages, ...b.stages],
    whole: false,
    unitIn: a.unitIn * b.unitIn,
    unitOut: a.unitOut * b.unitOut,
    reach: coarse.reach + Math.ceil(finer.reach / ratio),
    unitBytes: Math.max(coarse.unitBytes, finer.unitBytes * ratio * ratio),
    channels: b.channels,
  }
}
