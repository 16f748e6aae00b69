import { defineCommand } from '../../options/description.ts'
import { GENERATOR, jsonOf } from '../../options/shared.ts'

export const exportModel = defineCommand({
  name: 'export',
  summary: 'Write a decoder or an extractor as an ONNX model for any runtime: every batch and size, weights inside.',
  arguments: { what: { help: 'what to export', choices: ['decoder', 'extractor'] } },
  options: {
    autoencoder: { value: '<path>', help: 'a file or folder of weights that holds the decoder' },
    decoder: { value: '<file>', help: 'weights of a decoder alone' },
    config: {
      value: '<file>',
      help: 'yaml or json that says what weights cannot; default: config.json beside them',
    },
    extractor: { value: '<file>', help: 'weights of the extractor that reads the bits' },
    out: {
      value: '<path>',
      writes: true,
      help: 'the file to write; for --layout transformers.js a folder',
      required: true,
    },
    fp16: { help: 'weights and computation in half precision, norms and means in single' },
    fp16Io: { help: 'with --fp16: inputs and outputs in half precision too' },
    range: {
      value: '<name>',
      help: 'range of decoded images: signed [-1, 1] as diffusers has it, unit [0, 1]',
      choices: ['signed', 'unit'],
      default: 'signed',
    },
    generatorLatents: { help: 'take latents as the generator has them, and undo their scaling first' },
    ...GENERATOR,
    layout: {
      value: '<name>',
      help: 'one file, or a folder as transformers.js loads it',
      choices: ['file', 'transformers.js'],
      default: 'file',
    },
    ...jsonOf('one JSON object: file, bytes, sha256, names and ranges'),
  },
  examples: [
    'stablesig export decoder --decoder signed.safetensors --out vae_decoder.onnx',
    'stablesig export decoder --autoencoder sdxl/vae --fp16 --layout transformers.js --out signed-vae',
    'stablesig export extractor --extractor extractor.pt --out extractor.onnx',
  ],
  endsAtOnce: true,
})
