import { stat } from 'node:fs/promises'
import { openWeightsPath, sha256File } from '@stablesig/backend-node'
import type { StateTensor } from '@stablesig/weights'
import { checkAutoencoderFiles } from '../../autoencoder.ts'
import { EXIT } from '../../exit.ts'
import { type Io, jsonLine } from '../../io.ts'
import type { GivenOf } from '../../options/description.ts'
import type { inspect } from './command.ts'
import { type Holds, whatItHolds } from './holds.ts'

/** A larger file is only hashed when that is asked for: it would be read whole. */
const HASHED_BYTES = 256 * 2 ** 20

/** The contents of a path. Of the tensors no bytes are read, except for a checksum. */
export async function run({ path, config, sha256, json }: GivenOf<typeof inspect>, io: Io): Promise<number> {
  await checkAutoencoderFiles({ path, ...(config === undefined ? {} : { config }) })
  const opened = await openWeightsPath(path)
  try {
    const { contents } = opened
    const files = await Promise.all(
      opened.files.map(async (file) => {
        const { size: bytes } = await stat(file)
        return { file, bytes, sha256: sha256 || bytes <= HASHED_BYTES ? await sha256File(file) : null }
      }),
    )
    const tensors = [...contents.tensors].map(([name, { dtype, shape }]) => ({ name, dtype, shape }))
    const about: About = {
      file: path,
      format: contents.format,
      bytes: opened.bytes,
      // Of one file; shards have theirs beside them.
      sha256: files.length === 1 ? (files[0]?.sha256 ?? null) : null,
      files,
      config: config ?? opened.config,
      parameters: [...contents.tensors.values()].reduce((sum, { shape }) => sum + count(shape), 0),
      dtypes: dtypesOf(contents.tensors.values()),
      metadata: contents.metadata,
      holds: await whatItHolds(opened, config),
    }
    if (json) io.out(jsonLine({ ...about, tensors }))
    else {
      io.out(describe(about, tensors.length))
      for (const { name, dtype, shape } of tensors) io.out(`  ${name}  ${dtype} [${shape.join(', ')}]\n`)
    }
    return EXIT.done
  } finally {
    await opened.close()
  }
}

interface About {
  readonly file: string
  readonly format: string
  readonly bytes: number
  readonly sha256: string | null
  readonly files: readonly { readonly file: string; readonly bytes: number; readonly sha256: string | null }[]
  readonly config: string | null
  readonly parameters: number
  /** Tensors of each dtype. */
  readonly dtypes: Readonly<Record<string, number>>
  readonly metadata: Readonly<Record<string, string>>
  readonly holds: Holds
}

const count = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1)

function dtypesOf(tensors: Iterable<StateTensor>): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const { dtype } of tensors) counts[dtype] = (counts[dtype] ?? 0) + 1
  return counts
}

/** Names of a list before it says how many more there are. */
const LISTED = 8

function describe({ file, format, bytes, files, config, parameters, dtypes, metadata, holds }: About, tensors: number) {
  const types = Object.entries(dtypes).map(([dtype, n]) => (n === tensors ? dtype : `${dtype} (${n})`))
  const lines = [
    `${file}: ${format}, ${bytes} bytes, ${tensors} tensors, ${parameters} parameters, ${types.join(', ')}`,
    ...holdsLines(holds),
    ...files.map((one) => {
      const hash = one.sha256 ?? 'not computed: --sha256 reads the whole file'
      return files.length === 1 ? `sha256    ${hash}` : `sha256    ${hash}  ${one.file}`
    }),
    ...(config === null ? [] : [`config    ${config}`]),
    ...Object.entries(metadata).map(([name, value]) => `${name}: ${value}`),
  ]
  return `${lines.join('\n')}\n`
}

function holdsLines(holds: Holds): string[] {
  if (holds.kind === 'unknown') return [`holds     cannot be told: ${holds.reason.replace(/\s*\n\s*/g, ' ')}`]
  if (holds.kind === 'minter') {
    const { architecture, decoderHash, extractorHash } = holds
    const { bits, convolutions } = architecture
    return [
      `holds     a minter of keys of ${bits} bits, which scales ${convolutions.length} convolutions of a decoder`,
      `decoder   weights of hash ${decoderHash}`,
      `extractor weights of hash ${extractorHash}`,
    ]
  }
  const { prefix, layout, tensors, bytes, dtypes } = holds
  const where = `${layout} names${prefix ? ` under ${prefix}` : ''}`
  const size = `size      ${bytes} bytes in ${tensors} tensors, ${dtypes.join(', ')}`
  const faults = (['missing', 'unexpected', 'wrong'] as const).flatMap((what) => {
    const names = holds[what]
    const more = names.length > LISTED ? `, and ${names.length - LISTED} more` : ''
    return names.length ? [`${what.padEnd(10)}${names.length}: ${names.slice(0, LISTED).join(', ')}${more}`] : []
  })
  const whole = faults.length ? faults : ['missing   nothing']
  if (holds.kind === 'extractor') {
    const { bits, convolutions, channels, whitened } = holds
    return [
      `holds     an extractor of ${bits} bits, ${whitened ? 'whitened' : 'not whitened'}; ${where}`,
      `layers    ${convolutions} convolutions of ${channels} channels`,
      size,
      ...whole,
    ]
  }
  const { family, parts, latentChannels, downscale, widths, scaling } = holds
  const scale =
    scaling.kind === 'affine'
      ? `scale ${scaling.scale}${scaling.shift ? `, shift ${scaling.shift}` : ''}`
      : scaling.kind === 'batch-norm'
        ? 'scaled by statistics in the file'
        : 'scale unknown (a config.json or yaml tells it)'
  return [
    `holds     ${parts.length === 2 ? 'an autoencoder' : `the ${parts.join()} of an autoencoder`} of the ${family} family; ${where}`,
    `latents   ${latentChannels} channels, a position for ${downscale}x${downscale} pixels, ${scale}`,
    ...Object.entries(widths).map(([part, channels]) => `${part.padEnd(10)}${channels.join(', ')} channels`),
    size,
    ...whole,
  ]
}
