import { expect, test } from 'vitest'
import { nameBehind, unwrapName } from './wrappers.ts'

test.each([
  ['_orig_mod.conv_in.bias', 'conv_in.bias'],
  ['module._orig_mod.module.layers.0.weight', 'layers.0.weight'],
  ['state_dict/_forward_module.module.0.weight', 'state_dict/0.weight'],
  ['encoder._orig_mod.mid._fsdp_wrapped_module._checkpoint_wrapped_module.q.bias', 'encoder.mid.q.bias'],
  ['first_stage_model.module.encoder.conv_in.bias', 'first_stage_model.encoder.conv_in.bias'],
  ['submodule.weight', 'submodule.weight'],
  ['my_module.weight', 'my_module.weight'],
  ['module_list.0.weight', 'module_list.0.weight'],
])('%s is %s', (wrapped, plain) => {
  expect(unwrapName(wrapped)).toBe(plain)
})

test('a prefix is found with and without its wrappers', () => {
  expect(nameBehind('module.decoder.layers.0.weight', 'module.decoder.')).toBe('layers.0.weight')
  expect(nameBehind('_orig_mod.decoder.module.layers.0.weight', 'decoder.')).toBe('layers.0.weight')
  expect(nameBehind('encoder.layers.0.weight', 'decoder.')).toBeNull()
})
