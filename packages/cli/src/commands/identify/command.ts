import { defineCommand } from '../../options/description.ts'
import { SEARCH, WEIGHED } from '../../options/search.ts'
import { BITS, fprOf, IMAGES, jsonOf, READ_MARKS } from '../../options/shared.ts'

export const identify = defineCommand({
  name: 'identify',
  summary:
    'Tell whose key an image carries. Exit code 0 when at least one is ascribed, 1 when none is, 2 on any error.',
  arguments: IMAGES,
  decides: true,
  options: {
    ...READ_MARKS,
    registry: { value: '<file>', help: 'users and keys: name<TAB>bits lines, or JSON', required: true },
    ...fprOf('chance that an unmarked image is ascribed to any user'),
    ...SEARCH,
    ...WEIGHED,
    ...BITS,
    ...jsonOf(
      'one JSON object per image: file, user, matches, total, pValue, threshold, fpr, users, runnerUp, tied, whitened; search with --search; with --weighed score and maxScore instead of threshold',
    ),
  },
  examples: [
    'stablesig identify --extractor extractor.pt --registry users.tsv picture.jpg',
    'stablesig identify --extractor extractor.pt --registry users.json --fpr 1e-9 photos/ --json',
  ],
})
