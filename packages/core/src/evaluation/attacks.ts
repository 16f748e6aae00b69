import { StableSigError } from '../errors.ts'
import type { ImageCodec } from '../transforms/codec/image-codec.ts'
import type { Transform } from '../transforms/pipeline/definition.ts'
import { parseTransforms } from '../transforms/pipeline/spelling.ts'

/** What happens to pictures before they are read, with the spelling that tables call it by. */
export interface Attack {
  readonly name: string
  readonly transforms: readonly Transform[]
}

/** The rows of the tables of Fernandez et al. 2023 and of those who repeat them. */
export const PAPER_ATTACKS: readonly string[] = [
  'none',
  'crop:0.5',
  'crop:0.1',
  'resize:0.7',
  'resize:0.3',
  'brightness:1.5',
  'brightness:2',
  'jpeg:80',
  'jpeg:50',
  'crop:0.5+brightness:2+jpeg:80',
]

/**
 * Attacks from their spellings.
 * @throws StableSigError 'bad-argument' for none, one that is spelled wrongly or named twice, or one that needs a codec without one;
 *   'unsupported' for a format that the codec lacks is only found when it is applied
 */
export function parseAttacks(spellings: readonly string[], codec?: ImageCodec): Attack[] {
  if (!Array.isArray(spellings) || spellings.length === 0)
    throw new StableSigError('bad-argument', "attacks: expected at least one, such as 'none', found none")
  const twice = spellings.find((name, i) => spellings.indexOf(name) !== i)
  if (twice !== undefined) throw new StableSigError('bad-argument', `attacks: '${twice}' is named twice; name it once`)
  return spellings.map((name) => {
    const transforms = parseTransforms(name)
    if (!codec && transforms.some(({ encoded }) => encoded !== null))
      throw new StableSigError('bad-argument', `attacks: '${name}' writes files and needs a codec: pass { codec }`)
    return { name, transforms }
  })
}
