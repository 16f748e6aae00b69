import type { Body, IrNode, IrTensor } from '../ir/tensor.ts'
import type { Attribute, Attributes } from '../onnx/types.ts'

/** What a node does, apart from what it reads: as the graph under construction and as a model file describe it. */
interface Operation {
  readonly op: string
  readonly domain: string
  readonly attributes: Attributes
  readonly outputs: readonly unknown[]
}

/**
 * Text that is equal exactly where two nodes do the same to the same inputs: operator, domain, number of results, attributes. A
 * MaxPool with and one without indices differ in the number of results alone. Whoever compares nodes compares this, and
 * beside it the inputs, the results' types and what is repeated, under the names that tensors have there.
 */
export function operationKey({ op, domain, attributes, outputs }: Operation): string {
  const names = Object.keys(attributes).sort()
  return `${domain}:${op}>${outputs.length}${names.map((name) => `;${name}=${attributeKey(attributes[name]!)}`).join('')}`
}

/** The integer 1, the float 1, the text "1" and the list [1] are four different attributes. */
function attributeKey(attribute: Attribute): string {
  if (typeof attribute === 'number') return numberKey(attribute)
  if (typeof attribute === 'string') return JSON.stringify(attribute)
  return 'float' in attribute ? `f${numberKey(attribute.float)}` : `[${attribute}]`
}

/** A number as text by which it is told from every other: 0 and -0 print alike. */
export const numberKey = (value: number): string => (Object.is(value, -0) ? '-0' : `${value}`)

/** All that makes a node: equal for two nodes of a graph exactly where they compute the same. */
export function nodeKey(node: IrNode, nameOf: (raw: IrTensor) => string = ({ id }) => `${id}`): string {
  const inputs = node.inputs.map((raw) => (raw ? nameOf(raw) : ''))
  const body = node.body ? bodyKey(node.body, nameOf) : ''
  return `${operationKey(node)}(${inputs})${node.outputs.map(kindOf)}${body}`
}

/** A body's own tensors are named by their place in it; what it reads of the graph around it keeps its name. */
function bodyKey({ parameters, states, pieces, nodes, results }: Body, outside: (raw: IrTensor) => string): string {
  const own = new Map<IrTensor, string>()
  const define = (raw: IrTensor) => void own.set(raw, `#${own.size}`)
  const nameOf = (raw: IrTensor) => own.get(raw) ?? outside(raw)
  parameters.forEach(define)
  const lines = nodes.map((node) => {
    const key = nodeKey(node, nameOf)
    node.outputs.forEach(define)
    return key
  })
  return `{${states},${pieces}(${parameters.map(kindOf)})${lines.join()}>${results.map(nameOf)}}`
}

const kindOf = ({ type, dims }: IrTensor): string => `${type}[${dims}]`
