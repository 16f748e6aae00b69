import type { StateDict, StateTensor } from './state-dict.ts'

/** Where training programs keep a model's tensors, beside an optimiser's and their own values. */
const KEYS = ['state_dict', 'model_state_dict', 'ldm_decoder', 'model'] as const

/**
 * A model's tensors under the names that the model gave them: of a checkpoint `{ state_dict: { … }, optimizer_states: … }`
 * those under `state_dict/`, without it. What has no such key is given back as it is.
 */
export function modelState(state: StateDict): StateDict {
  for (const key of KEYS) {
    const prefix = `${key}/`
    const tensors = new Map<string, StateTensor>()
    for (const [name, tensor] of state.tensors)
      if (name.startsWith(prefix)) tensors.set(name.slice(prefix.length), tensor)
    if (tensors.size > 0) return { ...state, tensors }
  }
  return state
}
