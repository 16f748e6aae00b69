import type { WeightLimits } from '../limits.ts'
import type { PickleHost } from '../pickle/opcodes.ts'
import { kindOf, PickleDict, type PickleGlobal, PickleObject, PickleTuple, type PickleValue } from '../pickle/values.ts'
import { badWeights, overLimit, quoted, unsafeWeights } from '../refuse.ts'
import { CALLS, type CallContext } from './calls.ts'
import { buildNumpyDType } from './numpy.ts'
import { storageOf } from './tensors.ts'

/** Classes whose instances are bags of attributes. */
const CLASSES: ReadonlySet<string> = new Set(['argparse.Namespace', 'types.SimpleNamespace'])

/** The pickle host of PyTorch files: what their pickles may call and make. Everything else is refused by its name. */
export function torchHost(source: string, limits: WeightLimits): PickleHost {
  let left = limits.pickleSteps
  const spend = (values: number) => {
    left -= values
    if (left < 0) throw overLimit(source, `the pickle copies more than ${limits.pickleSteps} values`)
  }
  return {
    source,
    steps: limits.pickleSteps,
    call(callee, args, at) {
      const allowed = CALLS.get(callee.path)
      if (!allowed) throw forbidden(source, callee, at)
      return allowed(args, { source, limits, spend, at })
    },
    create(type, args, at) {
      if (!CLASSES.has(type.path) && !isTorchScript(type)) throw forbidden(source, type, at)
      if (args.length > 0) throw badWeights(source, `an object of ${quoted(type.path)} is made with arguments`)
      return new PickleObject(type)
    },
    build: (target, state) => build(source, spend, target, state),
    persistent: (id) => storageOf(source, id),
  }
}

/** TorchScript's own types are data too: modules of parameters and submodules. */
const isTorchScript = ({ module }: PickleGlobal) => module === '__torch__' || module.startsWith('__torch__.')

const forbidden = (source: string, callee: PickleGlobal, at: string | undefined) =>
  unsafeWeights(
    source,
    `the pickle would call ${quoted(callee.path)}${at === undefined ? '' : ` for ${quoted(at)}`}, which is none of the functions that weights need. Nothing was run. ` +
      'If the file is trusted, save its state_dict as safetensors with the program that made it',
  )

/** BUILD: attributes for an object; the attributes of a dictionary (a state_dict's `_metadata`) say nothing about tensors. */
function build(source: string, spend: CallContext['spend'], target: PickleValue, state: PickleValue): void {
  if (target instanceof PickleDict) return
  if (!(target instanceof PickleObject)) throw badWeights(source, `BUILD on ${kindOf(target)}`)
  if (target.type.path === 'numpy.ndarray') return
  if (target.type.path === 'numpy.dtype') {
    buildNumpyDType(target, state)
    return
  }
  const parts = state instanceof PickleTuple ? state.items : [state]
  for (const part of parts) {
    if (part === null) continue
    if (!(part instanceof PickleDict))
      throw badWeights(source, `BUILD of ${quoted(target.type.path)} with ${kindOf(part)}`)
    spend(part.entries.size)
    for (const [name, value] of part.entries) {
      if (target.attributes.entries.has(name))
        throw badWeights(source, `an object gets the attribute ${kindOf(name)} twice`)
      target.attributes.entries.set(name, value)
    }
  }
}
