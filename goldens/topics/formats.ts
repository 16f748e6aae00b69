import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { openFile } from '@stablesig/backend-node'
import { StableSigError } from '@stablesig/core'
import { openWeights, type Scalar, type StateDict, toFloat32 } from '@stablesig/weights'
import type { GoldenContext, Topic } from '../topic.ts'

/** One tensor of a case: sha256 of its float32 and of its stored bytes, or its values where NaN occurs. */
interface Row {
  readonly path: readonly (string | number)[]
  readonly dtype: string
  readonly shape: readonly number[]
  readonly sha256?: string
  readonly native: string
  readonly values?: readonly (number | string)[]
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** Opens the case's file and reads every tensor: what loading means to a user. */
async function load({ folder, case: golden }: GoldenContext): Promise<[StateDict, Map<string, Uint8Array>]> {
  const source = await openFile(join(folder, golden.file))
  try {
    const state = await openWeights(source)
    const bytes = new Map<string, Uint8Array>()
    for (const [name, tensor] of state.tensors) bytes.set(name, await tensor.read())
    return [state, bytes]
  } finally {
    await source.close()
  }
}

function checkTensors(context: GoldenContext, state: StateDict, bytes: ReadonlyMap<string, Uint8Array>): void {
  const rows = (context.case.raw.tensors ?? []) as readonly Row[]
  for (const row of rows) {
    const name = row.path.join('/')
    const tensor = state.tensors.get(name)
    const stored = bytes.get(name)
    context.check(
      tensor !== undefined,
      `${name}: missing; there are ${[...state.tensors.keys()].slice(0, 20).join(', ')}`,
    )
    if (!tensor || !stored) continue
    context.check(tensor.dtype === row.dtype, `${name}: dtype ${tensor.dtype}, expected ${row.dtype}`)
    context.check(`${tensor.shape}` === `${row.shape}`, `${name}: shape [${tensor.shape}], expected [${row.shape}]`)
    context.check(sha256(stored) === row.native, `${name}: its stored bytes differ`)
    const values = toFloat32(stored, tensor.dtype)
    if (row.sha256)
      context.check(sha256(new Uint8Array(values.buffer)) === row.sha256, `${name}: its float32 values differ`)
    row.values?.forEach((value, i) => {
      const expected = typeof value === 'number' ? value : Number(value.replace('inf', 'Infinity'))
      context.check(Object.is(values[i], Math.fround(expected)), `${name}[${i}]: ${values[i]}, expected ${value}`)
    })
  }
  const others = [...state.tensors.keys()].filter((name) => !rows.some((row) => row.path.join('/') === name))
  context.check(rows.length === 0 || others.length === 0, `tensors that were not expected: ${others.join(', ')}`)
}

function checkScalars(context: GoldenContext, state: StateDict): void {
  const scalars = (context.case.raw.scalars ?? []) as readonly { path: readonly (string | number)[]; value: Scalar }[]
  for (const { path, value } of scalars) {
    const found = path[0] === '__metadata__' ? state.metadata[`${path[1]}`] : state.scalars?.get(path.join('/'))
    context.check(found === value, `${path.join('/')}: ${String(found)}, expected ${String(value)}`)
  }
}

/** A refusal is an ordinary error of this library; anything else is a fault of the reader. */
function checkRefusal(context: GoldenContext, error: unknown): void {
  const typed = error instanceof StableSigError
  context.check(typed, `it ended in ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`)
  if (typed)
    context.check(error.message.includes(context.case.file), `the message does not name the file: ${error.message}`)
}

export const topic: Topic = {
  name: 'formats',
  runners: {
    async load(context) {
      const [state, bytes] = await load(context)
      context.check(state.format === context.case.args.format, `format ${state.format}`)
      checkTensors(context, state, bytes)
      checkScalars(context, state)
    },
    async refuse(context) {
      const { maxSeconds, maxHeapMB } = context.case.args as { maxSeconds: number; maxHeapMB: number }
      const prototype = Object.getOwnPropertyNames(Object.prototype).join()
      const peakBefore = process.resourceUsage().maxRSS
      const began = performance.now()
      try {
        const [state, bytes] = await load(context)
        context.check(
          context.case.raw.expect === 'refuse-or-load',
          `it was read as ${state.format}: it must be refused`,
        )
        if (context.case.outputs.length > 0) checkTensors(context, state, bytes)
      } catch (error) {
        checkRefusal(context, error)
      }
      const seconds = (performance.now() - began) / 1000
      const grownMB = (process.resourceUsage().maxRSS - peakBefore) / 1024
      context.check(seconds <= maxSeconds, `it took ${seconds} s`)
      context.check(grownMB <= maxHeapMB, `resident memory grew by ${grownMB} MB`)
      context.check(Object.getOwnPropertyNames(Object.prototype).join() === prototype, 'Object.prototype was changed')
    },
  },
}
