import { Argument, Command, Option } from 'commander'
import about from '../package.json' with { type: 'json' }
import { untilEnded } from './ending.ts'
import type { Io } from './io.ts'
import { notNegative, positive, rate, share, whole } from './values.ts'

const EXTRACTOR = 'weights of the extractor that reads the bits'
const KEY = 'the key: 0s and 1s, or 0x and hexadecimal digits (else --key-file, else the environment STABLESIG_KEY)'
const BITS = 'also what was read; where a key is found this is the key, or nearly: keep it out of logs'
const KEY_FILE = 'a file that holds the key: unlike --key it does not show in the list of processes'

/**
 * The whole command line, as data: each command's options and help. What a command does is in commands/, imported when it
 * runs, so that --help, keygen and plan start without loading an engine or an image library.
 * @param done takes the exit code of the command that ran
 */
export function makeProgram(io: Io, done: (code: number) => void): Command {
  const program = new Command('stablesig')
    .description('Sign latent decoders with a key that every image they make carries, and find that key in images.')
    .version(about.version)
    .exitOverride()
    .configureOutput({ writeOut: io.out, writeErr: io.err, outputError: () => {} })
    .showSuggestionAfterError()
  const command = (spec: string, description: string, ...examples: string[]) =>
    program
      .command(spec)
      .description(description)
      .option('--verbose', 'show where an error came from')
      .addHelpText('after', `\nExamples:\n${examples.map((example) => `  ${example}`).join('\n')}`)
  const maxPixels = () =>
    new Option(
      '--max-pixels <n>',
      'refuse images of more pixels, of which each takes three bytes once decoded (default: 100 million)',
    ).argParser(whole(1, 1e9))
  const images = (made: Command) =>
    made
      .argument('[images...]', 'image files, folders or patterns')
      .option('--files <list>', 'also the paths in this file, one a line; - for standard input, read as they arrive')
      .option('-0, --null', 'paths in --files end with NUL instead of a line’s end, as find -print0 writes them')
      .addOption(maxPixels())
      .option(
        '--size <n>',
        'resize the shorter side to n pixels and cut out the centre; native size without it',
        whole(1, 16384),
      )
  const maxSide = () =>
    new Option('--max-side <n>', 'make images smaller until the longer side is n pixels; native size without it')
      .argParser(whole(32, 16384))
      .conflicts('size')
  const engine = (made: Command) =>
    made
      .addOption(
        new Option('--device <name>', 'what computes').choices(['auto', 'cpu', 'cuda', 'webgpu']).default('auto'),
      )
      .option('--threads <n>', 'processor threads to compute with; all by default', whole(1, 1024))
  const generator = () =>
    new Option('--generator <name>', 'whose latents they are, where no config tells their scale').choices([
      'sd1',
      'sdxl',
      'sd-x4-upscaler',
      'sd3',
      'flux1',
      'taesd',
    ])
  const format = () =>
    new Option(
      '--format <name>',
      'same: the form that came in; diffusers: a folder; ldm: a checkpoint; safetensors: the decoder alone',
    )
      .choices(['same', 'diffusers', 'ldm', 'safetensors'])
      .default('same')
  const autoencoder = (made: Command, decoder: string) =>
    made
      .option(
        '--autoencoder <path>',
        'a checkpoint, bare weights, a shard index, or a folder: diffusers’ vae/, or a pipeline that holds one',
      )
      .option('--encoder <path>', 'instead of --autoencoder: what holds the encoder')
      .option('--decoder <path>', decoder)
      .option(
        '--config <file>',
        'yaml or json that tells the architecture (default: the config.json beside the weights)',
      )
  /** Runs a command's work and passes its exit code on. */
  const act =
    <A extends unknown[]>(work: (...args: A) => Promise<number>) =>
    async (...args: A): Promise<void> =>
      done(await work(...args))
  /** Likewise of work that looks at no signal. */
  const actUntilEnded = <A extends unknown[]>(work: (...args: A) => Promise<number>) =>
    act((...args: A) => untilEnded(work(...args), io.signal))

  command(
    'keygen',
    'Make random keys, one a line.',
    'stablesig keygen > user.key',
    'stablesig keygen --count 1000 --bits 64',
    'stablesig keygen --seed demo          # the same key each time: not for real use',
  )
    .option('--count <n>', 'how many', whole(1, 1e6), 1)
    .option('--bits <n>', 'bits of each', whole(1, 4096), 48)
    .option('--seed <text>', 'make them from this text instead of true randomness')
    .option('--json', 'one JSON object a line: key, bits')
    .action(actUntilEnded(async (options) => (await import('./commands/keygen.ts')).keygen(options, io)))

  command(
    'plan',
    'How many bit errors a key of a given length may have, for so many users and such a false-positive rate.',
    'stablesig plan --bits 48 --users 1e5 --fpr 1e-6',
    'stablesig plan --bits 256 --users 1e9 --json',
  )
    .option('--bits <n>', 'bits of a key', whole(1, 4096), 48)
    .option('--users <n>', 'users to tell apart', whole(1), 1)
    .option('--fpr <rate>', 'chance that an unmarked image is ascribed to any of them', rate, 1e-6)
    .option('--json', 'one JSON object')
    .action(act(async (options) => (await import('./commands/plan.ts')).plan(options, io)))

  autoencoder(
    engine(
      command(
        'sign',
        'Fine-tune a latent decoder so that every image it makes carries a key. Ctrl-C keeps a checkpoint beside --out; the same command goes on from there. Exit code 1 when what --until-bits and --until-psnr ask for was not reached in all steps: the decoder is written nevertheless.',
        'stablesig sign --autoencoder stable-diffusion/vae --extractor extractor.pt --images photos/ --key-file user.key --out signed-vae',
        'stablesig sign --encoder encoder.pth --decoder decoder.pth --extractor extractor.pt --images photos/ --key-file user.key \\\n    --held-out validation/ --until-bits 0.99 --until-psnr 28 --out signed.safetensors --json',
      ),
    ),
    'and what holds the decoder to sign',
  )
    .requiredOption('--extractor <file>', EXTRACTOR)
    .requiredOption('--images <folder>', 'photographs to train on: a folder or a pattern')
    .option('--key <bits>', KEY)
    .option('--key-file <file>', KEY_FILE)
    .requiredOption(
      '--out <path>',
      'the signed decoder: a file, replaced if it is there, or a new folder where one came in',
    )
    .addOption(format())
    .option('--delta <file>', 'also write what changed, small enough to send; weights are then rounded to that')
    .addOption(
      new Option('--recipe <name>', 'fast: a fraction of the work, on 128 px; published: the paper’s, at 256 px')
        .choices(['fast', 'published'])
        .default('fast'),
    )
    .option('--size <n>', 'side of the training images (default: the recipe’s)', whole(8, 4096))
    .option(
      '--steps <n>',
      'training steps (default: the recipe’s); up to twice as many where --until-bits or --until-psnr asks for them',
      whole(1, 1e6),
    )
    .option('--batch <n>', 'images a step (default: the recipe’s)', whole(1, 4096))
    .option(
      '--memory <GiB>',
      'what a step may take beside weights and their moments, by estimate; larger ones are cut up (default: 4)',
      positive,
    )
    .option(
      '--accumulate <n>',
      'parts that a step’s images are put through in (default: as --memory asks)',
      whole(1, 4096),
    )
    .option(
      '--gradient-checkpointing',
      'compute blocks of the decoder twice instead of keeping them: slower, in less memory',
    )
    .option('--lr <rate>', 'greatest learning rate (default: the recipe’s)', positive)
    .addOption(maxPixels())
    .addOption(new Option('--image-loss <name>', 'what keeps images as they were').choices(['mse']).default('mse'))
    .option(
      '--lambda-image <x>',
      'weight of the image loss (default: the recipe’s); more keeps quality, less the mark',
      notNegative,
    )
    .option(
      '--held-out <n|folder>',
      'judge on so many images that are not trained on, or on another folder (default: up to 16)',
    )
    .option('--until-bits <share>', 'stop when so many bits of the held-out images are right, such as 0.99', share)
    .option(
      '--until-psnr <dB>',
      'stop when they are as close to unsigned ones as this; with both, when both hold',
      positive,
    )
    .option('--until-every <n>', 'steps between two judgements (default: 10)', whole(1, 1e6))
    .option('--seed <n>', 'order of the images', whole(0), 0)
    .option('--json', 'one JSON object with the figures, and no progress')
    .action(act(async (options) => (await import('./commands/sign.ts')).sign(options, io)))

  images(
    engine(
      command(
        'detect',
        'Decide whether images carry a key. Exit code 0 when at least one does, 1 when none does, 2 on any error.',
        'stablesig detect --extractor extractor.pt --key-file user.key picture.jpg',
        'stablesig detect --extractor extractor.pt --key-file user.key photos/ "more/**/*.png" --json',
        'find photos -name "*.jpg" -print0 | STABLESIG_KEY=$(cat user.key) stablesig detect --extractor extractor.pt --files - -0',
      ),
    ),
  )
    .requiredOption('--extractor <file>', EXTRACTOR)
    .addOption(maxSide())
    .option('--key <bits>', KEY)
    .option('--key-file <file>', KEY_FILE)
    .option('--fpr <rate>', 'chance that an unmarked image is taken for a marked one', rate, 1e-6)
    .option('--bits', BITS)
    .option('--json', 'one JSON object an image: file, detected, matches, total, pValue, threshold, fpr, whitened')
    .action(act(async (files, options) => (await import('./commands/detect.ts')).detectFiles(files, options, io)))

  images(
    engine(
      command(
        'identify',
        'Tell whose key an image carries. Exit code 0 when at least one is ascribed, 1 when none is, 2 on any error.',
        'stablesig identify --extractor extractor.pt --registry users.tsv picture.jpg',
        'stablesig identify --extractor extractor.pt --registry users.json --fpr 1e-9 photos/ --json',
      ),
    ),
  )
    .requiredOption('--extractor <file>', EXTRACTOR)
    .addOption(maxSide())
    .requiredOption('--registry <file>', 'users and keys: name<TAB>bits lines, or JSON')
    .option('--fpr <rate>', 'chance that an unmarked image is ascribed to any user', rate, 1e-6)
    .option('--bits', BITS)
    .option(
      '--json',
      'one JSON object an image: file, user, matches, total, pValue, threshold, fpr, users, runnerUp, tied, whitened',
    )
    .action(act(async (files, options) => (await import('./commands/identify.ts')).identifyFiles(files, options, io)))

  images(
    engine(
      command(
        'extract',
        'Read the bits of images, and the logits behind them.',
        'stablesig extract --extractor extractor.pt picture.jpg',
        'stablesig extract --extractor extractor.pt photos/ --json > logits.jsonl',
      ),
    ),
  )
    .requiredOption('--extractor <file>', EXTRACTOR)
    .addOption(maxSide())
    .option('--json', 'one JSON object an image: file, bits, logits')
    .action(act(async (files, options) => (await import('./commands/extract.ts')).extractFiles(files, options, io)))

  autoencoder(
    images(
      engine(
        command(
          'reconstruct',
          'Pass images through an autoencoder and write them as PNG: how to make marked images from photographs.',
          'stablesig reconstruct --encoder encoder.pth --decoder signed.safetensors --out marked photos/',
          'stablesig reconstruct --autoencoder v1-5-pruned.safetensors --out plain --size 256 photo.jpg',
        ),
      ),
    ),
    'and what holds the decoder, signed or not',
  )
    .requiredOption('--out <folder>', 'where to write them; made when it does not exist')
    .option('--json', 'one JSON object an image: file, out, width, height')
    .action(act(async (files, options) => (await import('./commands/reconstruct.ts')).reconstruct(files, options, io)))

  command(
    'delta',
    'Write what turns a decoder into a signed one: whoever has the very same decoder gets the signed one from it.',
    'stablesig delta decoder.pth signed.safetensors --out signed.delta',
    'stablesig delta sdxl/vae signed-vae --out signed.delta --json',
  )
    .argument('<source>', 'the decoder that was signed: a file or folder')
    .argument('<signed>', 'the signed one, in any form')
    .requiredOption('--out <file>', 'the delta')
    .option('--config <file>', 'yaml or json that tells the architecture (default: the config.json beside the weights)')
    .option('--json', 'one JSON object: out, bytes, changed, total, encodings, sourceHash, signedHash, card')
    .action(
      actUntilEnded(async (source, signed, options) =>
        (await import('./commands/delta.ts')).delta(source, signed, options, io),
      ),
    )

  command(
    'apply',
    'Make a signed decoder out of its source and a delta: bit for bit the one that was signed.',
    'stablesig apply decoder.pth signed.delta --out signed.safetensors',
    'stablesig apply v1-5-pruned.safetensors signed.delta --out v1-5-signed.safetensors',
  )
    .argument('<source>', 'the very decoder that the delta was made from, in any form')
    .argument('<delta>', 'what `stablesig delta` or `sign --delta` wrote')
    .requiredOption('--out <path>', 'the signed decoder: a file, or a folder where one came in')
    .addOption(format())
    .option('--config <file>', 'yaml or json that tells the architecture (default: the config.json beside the weights)')
    .option('--json', 'one JSON object: out, form, keyId, signedHash, card')
    .action(
      actUntilEnded(async (source, file, options) =>
        (await import('./commands/delta.ts')).apply(source, file, options, io),
      ),
    )

  command(
    'export',
    'Write a decoder or an extractor as an ONNX model for any runtime: every batch and size, weights inside.',
    'stablesig export decoder --decoder signed.safetensors --out vae_decoder.onnx',
    'stablesig export decoder --autoencoder sdxl/vae --fp16 --layout transformers.js --out signed-vae',
    'stablesig export extractor --extractor extractor.pt --out extractor.onnx',
  )
    .addArgument(new Argument('<what>', 'what to export').choices(['decoder', 'extractor']))
    .option('--autoencoder <path>', 'a file or folder of weights that holds the decoder')
    .option('--decoder <file>', 'weights of a decoder alone')
    .option('--config <file>', 'yaml or json that says what weights cannot; default: config.json beside them')
    .option('--extractor <file>', EXTRACTOR)
    .requiredOption('--out <path>', 'the file to write; for --layout transformers.js a folder')
    .option('--fp16', 'weights and computation in half precision, norms and means in single')
    .option('--fp16-io', 'with --fp16: inputs and outputs in half precision too')
    .addOption(
      new Option('--range <name>', 'range of decoded images: signed [-1, 1] as diffusers has it, unit [0, 1]')
        .choices(['signed', 'unit'])
        .default('signed'),
    )
    .option('--generator-latents', 'take latents as the generator has them, and undo their scaling first')
    .addOption(generator())
    .addOption(
      new Option('--layout <name>', 'one file, or a folder as transformers.js loads it')
        .choices(['file', 'transformers.js'])
        .default('file'),
    )
    .option('--json', 'one JSON object: file, bytes, sha256, names and ranges')
    .action(
      actUntilEnded(async (what, options) => (await import('./commands/export.ts')).exportModel(what, options, io)),
    )

  engine(
    command(
      'decode',
      'Decode latents of a generator and write the images as PNG: with a signed decoder, signed images.',
      'stablesig decode --autoencoder stable-diffusion-xl/vae --latents latents.npy --out images',
      'stablesig decode --decoder signed.safetensors --generator sd1 --latents run/*.safetensors --out images --json',
      'stablesig decode --autoencoder flux2/vae --latents packed.npz --height 1024 --width 768 --out images',
    ),
  )
    .option('--autoencoder <path>', 'a file or folder of weights that holds the decoder')
    .option('--decoder <path>', 'instead: weights of a decoder alone')
    .option('--config <file>', 'yaml or json that tells the architecture and the scale of latents')
    .addOption(generator())
    .requiredOption(
      '--latents <files...>',
      '.npy, .npz, .safetensors, PyTorch or ComfyUI’s .latent files: [N,C,h,w], [C,h,w] or packed as FLUX has them',
    )
    .option('--array <name>', 'which array, where a file holds several')
    .option('--unscaled', 'latents are the autoencoder’s own, not scaled for the generator')
    .option('--height <n>', 'of the image, for a packed sequence of latents that is not square', whole(1, 65536))
    .option('--width <n>', 'of the image, likewise', whole(1, 65536))
    .requiredOption('--out <folder>', 'where to write the images; made when it does not exist')
    .option('--json', 'one JSON object an image: file, index, out, width, height')
    .action(act(async (options) => (await import('./commands/decode.ts')).decode(options, io)))

  command(
    'inspect',
    'What a path holds: format, which network, what is missing of it, metadata, tensors. Of a large file only its index is read.',
    'stablesig inspect signed.safetensors',
    'stablesig inspect stable-diffusion-xl/ --json | jq .holds',
    'stablesig inspect v1-5-pruned.ckpt --config v1-inference.yaml --sha256',
  )
    .argument('<path>', 'a file of weights, a shard index, or a folder: a model’s, or a pipeline’s that holds vae/')
    .option('--config <file>', 'yaml or json that tells the architecture (default: the config.json beside the weights)')
    .option('--sha256', 'also of files above 256 MB, which are read whole for it')
    .option('--json', 'one JSON object')
    .action(actUntilEnded(async (path, options) => (await import('./commands/inspect.ts')).inspect(path, options, io)))

  return program
}
