import { expect, test } from 'vitest'
import { parseConfig } from './config.ts'

const kl = { _class_name: 'AutoencoderKL', block_out_channels: [32, 64], norm_num_groups: 32 }
const ldm = (ddconfig: object) => ({ model: { params: { first_stage_config: { params: { ddconfig } } } } })

test.each<[string, unknown, RegExp]>([
  ['blocks beyond all networks', { ...kl, layers_per_block: 65536 }, /layers_per_block is 65536, .* from 1 to 16/],
  [
    'the same in a yaml',
    ldm({ ch: 32, ch_mult: [1, 2], num_res_blocks: 65536, z_channels: 4 }),
    /num_res_blocks is 65536, .* from 1 to 16/,
  ],
  [
    'a patch that is an object without a prototype',
    { ...kl, _class_name: 'AutoencoderKLFlux2', patch_size: Object.create(null) },
    /patch_size is \{\}, expected \[2,2\]/,
  ],
  ['widths that are none', { ...kl, block_out_channels: [32, 0] }, /block_out_channels is \[32,0\]/],
])('%s are refused before anything is laid out', (_, config, message) => {
  expect(() => parseConfig(config)).toThrow(message)
})
