import { stopIfAborted } from '../aborted.ts'
import { checkCallback, checkObject, checkOptions, checkSignal } from '../arguments.ts'
import { at } from '../at.ts'
import { StableSigError } from '../errors.ts'
import type { Autoencoder } from '../models/autoencoders/autoencoder.ts'
import { checkAutoencoder, checkExtractor } from '../models/check-models.ts'
import type { Extractor } from '../models/extractor.ts'
import { checkPrepared, type PreparedImages, prepareImages } from '../signing/prepared-images.ts'
import type { ImageSet } from '../training/image-set.ts'
import type { ImageCodec } from '../transforms/codec/image-codec.ts'
import { PAPER_ATTACKS, parseAttacks } from './attacks.ts'
import { evaluateGroup, type GroupOptions, type ReadBits, readUnsigned } from './evaluate-group.ts'
import type { EvaluationRow } from './row.ts'
import { openChecked, type SignedDecoders } from './signed-decoders.ts'

export interface EvaluationOptions {
  readonly autoencoder: Autoencoder
  readonly extractor: Extractor
  readonly decoders: SignedDecoders
  /** Images that no decoder was trained on; prepared ones where they are used again. */
  readonly images: ImageSet | PreparedImages
  /** Shorter side of the images, in pixels. Default: as `prepareImages`. */
  readonly size?: number | undefined
  /** Spelled as `parseTransforms` reads them. Default `PAPER_ATTACKS`. */
  readonly attacks?: readonly string[] | undefined
  /** What attacks that compress do so with. */
  readonly codec?: ImageCodec | undefined
  /** Rows of an evaluation with the same arguments that was stopped: what they hold is not computed again. */
  readonly done?: readonly EvaluationRow[] | undefined
  /** Called with each group of rows as soon as they are known, and waited for: to keep them, and to tell of progress. */
  readonly onRows?: ((rows: readonly EvaluationRow[]) => void | Promise<void>) | undefined
  /** Stops between two pictures. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Images that are worked on together. What an attack makes of an image may depend on which others are in its batch (noise is drawn for
 * all of them), so an evaluation that goes on takes a group whole or not at all.
 */
const GROUP = 8

/**
 * What signed decoders are worth: every image through every decoder, and what is read of it after every attack. Pictures are rounded to
 * 8 bits where a file would hold them: as decoded, and after an attack. Each image is encoded, decoded by the original decoder and
 * read unsigned once for all keys, 330 kB an image of 256 pixels.
 * @returns a row for each key and image, by key and then by image; `summariseEvaluation` makes the figures of them
 * @throws StableSigError 'bad-argument', 'bad-key', 'disposed' before any work; 'aborted'; 'not-finite', 'shape' or 'bad-image' naming
 *   the image; what `decoders.open` and `onRows` throw
 */
export async function evaluate(options: EvaluationOptions): Promise<EvaluationRow[]> {
  const { decoders, signal, ...plan } = planEvaluation(options)
  const images = plan.images.length
  const rows = new Map((options.done ?? []).map((row) => [placeOf(row.key, row.image), row]))
  const check = () => stopIfAborted(signal, `stopped after ${rows.size} of ${decoders.length * images} pictures`)
  const work = { ...plan, check }
  const unsigned = new Map<number, ReadBits>()
  for (let key = 0; key < decoders.length; key++) {
    const left = groupsOf(images).filter((group) => group.some((image) => !rows.has(placeOf(key, image))))
    if (left.length === 0) continue
    check()
    const signed = await openChecked(decoders, key, plan.extractor)
    try {
      for (const group of left) {
        const first = at(group, 0)
        const plain = unsigned.get(first) ?? (await readUnsigned(work, group))
        unsigned.set(first, plain)
        const made = await evaluateGroup(work, signed, key, group, plain)
        for (const row of made) rows.set(placeOf(key, row.image), row)
        await options.onRows?.(made)
      }
    } finally {
      signed.decoder.dispose()
    }
  }
  return [...rows.values()].sort((a, b) => a.key - b.key || a.image - b.image)
}

interface Plan extends Omit<GroupOptions, 'check'> {
  readonly decoders: SignedDecoders
  readonly signal: AbortSignal | undefined
}

/** @throws StableSigError 'bad-argument', 'disposed' */
function planEvaluation(options: EvaluationOptions): Plan {
  checkOptions(options, 'evaluate')
  const { autoencoder, extractor, decoders, codec, signal, onRows, size } = options
  checkAutoencoder(autoencoder)
  checkExtractor(extractor)
  checkObject(decoders, 'decoders', 'signed decoders', ['length', 'open'])
  checkCallback(onRows, 'onRows')
  checkSignal(signal)
  if (!(decoders.length >= 1)) throw new StableSigError('bad-argument', 'there are no signed decoders to evaluate')
  const attacks = parseAttacks(options.attacks ?? PAPER_ATTACKS, codec)
  checkObject(options.images, 'images', 'a set of images')
  const images =
    'prepare' in options.images
      ? options.images
      : prepareImages({ autoencoder, images: options.images, ...(size === undefined ? {} : { size }) })
  checkPrepared(images, 'images', autoencoder, size)
  if (!(images.length >= 1)) throw new StableSigError('bad-argument', 'there are no images to evaluate')
  return { extractor, decoders, codec, signal, images, attacks }
}

const groupsOf = (images: number): number[][] =>
  Array.from({ length: Math.ceil(images / GROUP) }, (_, group) =>
    Array.from({ length: Math.min(GROUP, images - group * GROUP) }, (_, i) => group * GROUP + i),
  )

const placeOf = (key: number, image: number): string => `${key} ${image}`
