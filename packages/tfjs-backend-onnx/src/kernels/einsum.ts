import { backend_util, type TensorInfo } from '@tensorflow/tfjs-core'
import { type Call, type Kernel, kernel } from './call.ts'

/** Axes by their letters: of each operand, and of the result. */
export interface Equation {
  readonly operands: readonly string[]
  readonly result: string
}

/** "ij, jk -> ik" taken apart. tfjs' own rules are checked: an arrow, letters, one or two operands, none with a letter twice. */
export function parseEquation(equation: string, operands: number): Equation {
  backend_util.decodeEinsumEquation(equation, operands)
  const [from, result] = equation.replace(/\s/g, '').split('->')
  return { operands: from!.split(','), result: result! }
}

function resultShape(call: Call, { operands, result }: Equation, inputs: readonly TensorInfo[]): number[] {
  const lengths = new Map<string, number>()
  inputs.forEach(({ shape }, i) => {
    const letters = operands[i]!
    if (letters.length !== shape.length)
      throw call.unsupported(`"${letters}" for a tensor [${shape}]`, 'give a letter for each axis')
    for (const [axis, letter] of [...letters].entries()) {
      const known = lengths.get(letter)
      if (known !== undefined && known !== shape[axis])
        throw call.unsupported(`"${letter}" of lengths ${known} and ${shape[axis]}`, 'give axes of equal length')
      lengths.set(letter, shape[axis]!)
    }
  })
  return [...result].map((letter) => lengths.get(letter)!)
}

export const einsumKernels: readonly Kernel[] = [
  kernel('Einsum', (call) => {
    const inputs = call.list()
    const parsed = parseEquation(call.text('equation'), inputs.length)
    const equation = `${parsed.operands}->${parsed.result}`
    const shape = resultShape(call, parsed, inputs)
    return call.record(equation, inputs, shape, inputs[0]!.dtype, (g, values) => {
      const raws = values.map((v) => g.logical(v))
      return g.value(g.node('Einsum', raws, shape, raws[0]!.type, { equation }), shape)
    })
  }),
]
