import { defineCommand, type GivenOf } from '../../options/description.ts'
import { CONFIG, FORMAT, jsonOf, KEY } from '../../options/shared.ts'

export const mint = defineCommand({
  name: 'mint',
  summary:
    'Make the signed decoder of a key, or of each of thousands, with a minter that `train-minter` trained: milliseconds each, no training and no engine.',
  options: {
    minter: { value: '<file>', help: 'what train-minter wrote', required: true },
    autoencoder: {
      value: '<path>',
      help: 'what holds the decoder that the minter was trained with, in any form (default: our own small one)',
    },
    decoder: { value: '<path>', help: 'instead of --autoencoder: the decoder alone' },
    ...CONFIG,
    ...KEY,
    keys: {
      value: '<file>',
      help: 'instead of one key those of many users: name<TAB>key lines, or JSON; what is there already is not made again',
    },
    out: {
      value: '<path>',
      writes: true,
      help: 'the signed decoder, or its delta; with --keys a folder, in which each file has its user’s name',
      required: true,
    },
    write: {
      value: '<what>',
      help: 'decoder: ordinary weights; delta: the key’s scales alone, a few kilobytes, which `apply` makes the decoder of',
      choices: ['decoder', 'delta'],
      default: 'decoder',
    },
    ...FORMAT,
    ...jsonOf('one JSON object per key: user with --keys, out, keyId, bytes, made; and no progress'),
  },
  examples: [
    'stablesig mint --minter minter.safetensors --autoencoder sdxl/vae --key-file user.key --out signed-vae',
    'stablesig mint --minter minter.safetensors --decoder decoder.pth --keys users.tsv --write delta --out deltas/',
  ],
})

export type MintOptions = GivenOf<typeof mint>
