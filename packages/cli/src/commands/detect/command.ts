import { defineCommand } from '../../options/description.ts'
import { SEARCH, WEIGHED } from '../../options/search.ts'
import { BITS, fprOf, IMAGES, jsonOf, KEY, READ_MARKS } from '../../options/shared.ts'

export const detect = defineCommand({
  name: 'detect',
  summary: 'Decide whether images carry a key. Exit code 0 when at least one does, 1 when none does, 2 on any error.',
  arguments: IMAGES,
  decides: true,
  options: {
    ...READ_MARKS,
    ...KEY,
    ...fprOf('chance that an unmarked image is taken for a marked one'),
    ...SEARCH,
    ...WEIGHED,
    ...BITS,
    ...jsonOf(
      'one JSON object per image: file, detected, matches, total, pValue, threshold, fpr, whitened; search with --search; with --weighed score and maxScore instead of threshold',
    ),
  },
  examples: [
    'stablesig detect --extractor extractor.pt --key-file user.key picture.jpg',
    'stablesig detect --extractor extractor.pt --key-file user.key photos/ "more/**/*.png" --json',
    'stablesig detect --extractor extractor.pt --key-file user.key --search standard found-on-the-web.jpg',
    'find photos -name "*.jpg" -print0 | STABLESIG_KEY=$(cat user.key) stablesig detect --extractor extractor.pt --files - -0',
  ],
})
