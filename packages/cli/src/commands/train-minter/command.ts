import { defineCommand, type GivenOf } from '../../options/description.ts'
import { imageLossOptions } from '../../options/image-loss.ts'
import { autoencoderOf, EXTRACTOR, jsonOf } from '../../options/shared.ts'
import { notNegative, positive, share, shareOrNone, whole } from '../../options/values.ts'
import { TRAINING } from '../../training/options.ts'

export const trainMinter = defineCommand({
  name: 'train-minter',
  summary:
    'Train a network that makes a signed decoder of any key, for one autoencoder and one extractor: `mint` then signs in milliseconds. Ctrl-C keeps a checkpoint beside --out; the same command goes on from there, and ends with the weights of a run that was never stopped.',
  options: {
    ...autoencoderOf('and what holds the decoder to be signed'),
    ...EXTRACTOR,
    ...TRAINING,
    size: { value: '<n>', help: 'side of what is cut out of pictures (default: 128)', read: whole(8, 4096) },
    batch: { value: '<n>', help: 'cut-outs per step, each with a key of its own (default: 8)', read: whole(1, 4096) },
    cutOuts: {
      value: '<n>',
      help: 'how many cut-outs there are: what no key changes is computed once for each (default: 1024)',
      read: whole(1, 1e6),
    },
    start: { value: '<file>', help: 'a minter of the same decoder to begin with, at full hardness' },
    extractorRate: {
      value: '<share>',
      help: 'train the extractor too, with this share of the learning rate: it learns to read what the minted decoders make (default: 0)',
      read: shareOrNone,
    },
    extractorOut: {
      value: '<file>',
      writes: true,
      help: 'where the trained extractor goes, written anew with each checkpoint: to be whitened then',
    },
    decoderRate: {
      value: '<share>',
      help: 'train the decoder’s late stages too, the same for all keys, with this share of the learning rate: keys then change the decoder that comes of it (default: 0)',
      read: shareOrNone,
    },
    decoderOut: {
      value: '<file>',
      writes: true,
      help: 'where the trained decoder goes, written anew with each checkpoint: mint takes it as its --decoder',
    },
    startDecoder: {
      value: '<file>',
      help: 'with --start: the decoder that was trained beside that minter; images are held to those of the autoencoder’s own',
    },
    window: {
      value: '<share>',
      help: 'the extractor reads a window of each image at a random place, its side this share of the image’s: a decoder whose whole images are read writes at their edges, which a crop takes away (default: 1)',
      read: share,
    },
    startBits: {
      value: '<n>',
      help: 'bits of each key in use at first; another follows as soon as few of them are not learnt (default: all): for trainings that learn nothing otherwise',
      read: whole(1, 4096),
    },
    ...imageLossOptions('mse'),
    imageWeight: {
      value: '<x>',
      help: 'weight of the image loss in the end, times its own; more keeps quality, less the mark',
      read: notNegative,
    },
    startImageWeight: { value: '<x>', help: 'the same at the first step', read: notNegative },
    temperature: {
      value: '<x>',
      help: 'logits are multiplied by it in the message loss in the end (default: 10, or what suits our own extractor)',
      read: positive,
    },
    startTemperature: { value: '<x>', help: 'the same at the first step (default: 1.5)', read: positive },
    cache: { value: '<MiB>', help: 'memory for what is computed once (default: 512)', read: positive },
    gradientCheckpointing: {
      help: 'compute blocks of the decoder twice instead of keeping them: slower, in less memory',
    },
    withoutAttacks: { help: 'do not crop, brighten or compress images while training' },
    ...jsonOf('one JSON object with the figures, and no progress'),
  },
  examples: [
    'stablesig train-minter --autoencoder sdxl/vae --extractor extractor.pt --images photos/ --steps 20000 --out minter.safetensors',
    'stablesig train-minter --autoencoder autoencoder.safetensors --extractor young.safetensors --images photos/ --steps 20000 \\\n    --temperature 2 --extractor-rate 0.2 --extractor-out extractor.safetensors --out minter.safetensors',
    'stablesig train-minter --encoder encoder.pth --decoder decoder.pth --extractor extractor.pt --images photos/ \\\n    --steps 6000 --size 96 --log minter.jsonl --out minter.safetensors',
  ],
})

export type TrainMinterOptions = GivenOf<typeof trainMinter>
