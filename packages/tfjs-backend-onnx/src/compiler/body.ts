import type { IrTensor } from '../ir/tensor.ts'
import { operationKey } from '../lowering/node-key.ts'
import type { NodeProto, TensorValues, ValueProto } from '../onnx/types.ts'
import { MAX_FOLDED } from '../passes/fold-constants.ts'
import type { CompiledInput, CompiledOutput } from './compiled-model.ts'

/** Constants up to this many values, those that a pass may have computed, count by value; larger ones by being the same array. */
const SMALL = MAX_FOLDED

const identities = new WeakMap<TensorValues, number>()
let nextIdentity = 0

/**
 * Text that is equal for two models exactly when they differ in nothing but the lengths of their inputs and outputs. Where
 * a network takes images of any size, none of its nodes or constants depends on the size: one session then serves all.
 */
export function bodyOf(
  nodes: readonly NodeProto[],
  constants: readonly IrTensor[],
  { inputs, outputs }: { readonly inputs: readonly CompiledInput[]; readonly outputs: readonly CompiledOutput[] },
): string {
  let body = ''
  for (const node of nodes) body += `${textOf(node)}\n`
  for (const raw of constants) {
    const kept = raw.halves?.bits ?? raw.values
    const type = raw.halves?.format ?? raw.type
    if (kept) body += `v${raw.id}=${type}[${raw.dims}]${kept.length > SMALL ? identity(kept) : bytesOf(kept)}\n`
  }
  for (const { leaf, name, type, dims } of inputs) body += `${leaf}>${name}:${type}/${dims.length}\n`
  for (const { name, type, dims, perm } of outputs) body += `${name}:${type}/${dims.length}<${perm}\n`
  return body
}

function textOf(node: NodeProto): string {
  const { inputs, outputs, body } = node
  const text = `${operationKey(node)}(${inputs})${outputs}`
  if (!body) return text
  const values = (list: readonly ValueProto[]) => list.map(({ name, type, shape }) => `${name}:${type}[${shape}]`)
  return `${text}{${values(body.inputs)};${values(body.outputs)};${body.nodes.map(textOf)}}`
}

/** By bytes, since negative zero and NaN print as 0 and NaN. */
const bytesOf = ({ buffer, byteOffset, byteLength }: TensorValues): string =>
  String.fromCharCode(...new Uint8Array(buffer, byteOffset, byteLength))

function identity(values: TensorValues): string {
  let id = identities.get(values)
  if (id === undefined) {
    id = nextIdentity++
    identities.set(values, id)
  }
  return `#${id}`
}
