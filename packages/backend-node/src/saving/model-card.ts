/** How a signed decoder lies in its file: see each form's loading in `renderModelCard`. */
export type DecoderForm = 'diffusers' | 'checkpoint' | 'decoder' | 'delta'

/** A file by its own name, never by a path of the machine that wrote it. */
export interface CardFile {
  readonly name: string
  readonly bytes?: number
  /** Of the whole file, lower-case hex: what sha256sum prints. */
  readonly sha256: string
}

/** What a decoder was judged by; counts beside ratios. */
export interface CardFigures {
  /** Images that were not trained on, and their side in pixels. */
  readonly images: number
  readonly size: number
  /** Bits read as the key's, of all bits. */
  readonly matches: number
  readonly total: number
  readonly bitAccuracy: number
  /** Against unsigned reconstructions, 8 bits, in dB. */
  readonly psnr: number
  /** SSIM of the same pictures; left out by what signed before it was measured. */
  readonly ssim?: number
}

/** What whoever signs tells about it. */
export interface SigningFacts {
  readonly library: { readonly name: string; readonly version: string }
  /** By its id, which may be shown; never the key itself. */
  readonly key: { readonly id: string; readonly bits: number }
  readonly extractor?: CardFile
  /** Numbers and names of the run: steps, batch size, learning rate, image loss, seed. */
  readonly recipe?: Readonly<Record<string, number | string | boolean | null>>
  /** Of the weights as written, rounding included; left out where nothing was judged. */
  readonly figures?: CardFigures | null
}

/** All that is said beside a signed decoder. */
export interface ModelCard {
  readonly kind: 'stablesig-model-card'
  readonly version: 1
  /** Null where a former signing is not known, as of a delta between two files. */
  readonly signing: SigningFacts | null
  readonly source: { readonly files: readonly CardFile[]; readonly tensorsSha256: string }
  readonly output: {
    readonly form: DecoderForm
    readonly files: readonly CardFile[]
    /** Of the decoder's tensors alone, whatever file they lie in (`tensorsHash`). */
    readonly tensorsSha256: string
    /** Tensors of the source that the output does not hold: an optimizer's state, say. */
    readonly leftOut: number
  }
  readonly decoder: {
    readonly family: string
    /** The class that diffusers loads it by. */
    readonly className: string
    readonly latentChannels: number
    readonly downscale: number
    readonly tensors: number
    readonly parameters: number
    readonly dtypes: readonly string[]
  }
}

/** A card for programs: JSON, two spaces, a line feed at its end. */
export const modelCardJson = (card: ModelCard): string => `${JSON.stringify(card, null, 2)}\n`

/** A card for people: Markdown. */
export function renderModelCard(card: ModelCard): string {
  const { signing, source, output, decoder } = card
  const rows = (files: readonly CardFile[]) => files.map(({ name, sha256 }) => `| ${code(name)} | ${code(sha256)} |`)
  const lines = [
    '# A signed latent decoder',
    'Every image that it decodes carries a key, which its extractor reads back. Only the decoder was changed.',
    '',
    '| | |',
    '|---|---|',
    `| family | ${decoder.family}, ${decoder.latentChannels} latent channels, a position for ${decoder.downscale}x${decoder.downscale} pixels |`,
    `| decoder | ${decoder.tensors} tensors, ${decoder.parameters} parameters, ${decoder.dtypes.join(', ')} |`,
    ...(signing ? signingRows(signing) : []),
    '',
    ...(signing ? figuresOf(signing) : []),
    '## Files',
    '| file | sha256 |',
    '|---|---|',
    ...rows(output.files),
    '',
    'Made from:',
    '',
    '| file | sha256 |',
    '|---|---|',
    ...rows(source.files),
    '',
    `The decoder's tensors by themselves: ${code(source.tensorsSha256)} before, ${code(output.tensorsSha256)} after.`,
    ...(output.leftOut > 0
      ? ['', `${output.leftOut} tensors of the source that are no part of the model were left out.`]
      : []),
    '',
    '## Loading it',
    ...loading(card),
    '',
    '## Licence',
    'The licence of the model it was made from applies to this one as well: signing changes weights, not their terms.',
    '',
  ]
  return lines.join('\n')
}

function signingRows({ key, recipe, extractor, library }: SigningFacts): string[] {
  const told = Object.entries(recipe ?? {}).map(([name, value]) => `${name} ${value}`)
  return [
    `| key | id ${code(key.id)}, ${key.bits} bits; the key itself is in no file |`,
    ...(extractor ? [`| extractor | ${code(extractor.name)}, sha256 ${code(extractor.sha256)} |`] : []),
    ...(told.length > 0 ? [`| recipe | ${told.join(', ')} |`] : []),
    `| made with | ${library.name} ${library.version} |`,
  ]
}

function figuresOf({ figures }: SigningFacts): string[] {
  if (!figures) return []
  const { images, size, matches, total, bitAccuracy, psnr, ssim } = figures
  return [
    '## Figures',
    `On ${images} images of ${size} px that were not trained on, with the weights as written: ${matches} of ${total} bits read as the`,
    `key's (${bitAccuracy.toFixed(4)}); PSNR ${psnr.toFixed(2)} dB${ssim === undefined ? '' : ` and SSIM ${ssim.toFixed(4)}`} against the unsigned decoder's pictures, 8 bits.`,
    '',
  ]
}

/** Classes of diffusers that load a checkpoint in one file. */
const SINGLE_FILE: ReadonlySet<string> = new Set(['AutoencoderKL', 'AutoencoderKLFlux2'])

function loading({ output, decoder }: ModelCard): string[] {
  const name = JSON.stringify(output.files[0]?.name ?? '')
  const python = (...code: string[]) => ['```python', ...code, '```']
  const { className } = decoder
  // What pipelines call it.
  const part = className === 'VQModel' ? 'vqvae' : 'vae'
  if (output.form === 'diffusers')
    return [
      `In diffusers; the folder takes the place of a pipeline's \`${part}/\`:`,
      ...python(
        `from diffusers import ${className}, DiffusionPipeline`,
        `${part} = ${className}.from_pretrained("path/of/this/folder")`,
        `pipe = DiffusionPipeline.from_pretrained("the/model", ${part}=${part})`,
      ),
    ]
  if (output.form === 'checkpoint')
    return [
      'Give it as the checkpoint to LDM and to programs that read its checkpoints; made from one file, it has the tensors and names of',
      ...(SINGLE_FILE.has(className)
        ? [
            'that file. In diffusers:',
            ...python(`from diffusers import ${className}`, `vae = ${className}.from_single_file(${name})`),
            'or, for all of a pipeline, `StableDiffusionPipeline.from_single_file`.',
          ]
        : [
            `that file. In diffusers ${className} loads folders alone: sign or apply with \`--format diffusers\` for one.`,
          ]),
    ]
  if (output.form === 'delta')
    return [
      'It holds what changed and nothing else; whoever has the very same source makes the signed decoder from it:',
      '```sh',
      `stablesig apply SOURCE ${(output.files[0]?.name ?? '').replaceAll(/[^\w.-]/g, '_')} --out SIGNED`,
      '```',
    ]
  return [
    'The decoder alone, under the names of the file it was made from:',
    ...python(
      'from safetensors.torch import load_file',
      `missing, unexpected = model.load_state_dict(load_file(${name}), strict=False)`,
      'assert not unexpected',
    ),
  ]
}

/** Text in code marks that it cannot leave. */
const code = (text: string): string => `\`${text.replaceAll(/[`|\p{Cc}]/gu, '_')}\``
