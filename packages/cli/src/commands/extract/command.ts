import { defineCommand } from '../../options/description.ts'
import { IMAGES, jsonOf, READ_MARKS } from '../../options/shared.ts'

export const extract = defineCommand({
  name: 'extract',
  summary: 'Read the bits of images, and the logits behind them.',
  arguments: IMAGES,
  options: {
    ...READ_MARKS,
    ...jsonOf('one JSON object per image: file, bits, logits'),
  },
  examples: [
    'stablesig extract --extractor extractor.pt picture.jpg',
    'stablesig extract --extractor extractor.pt photos/ --json > logits.jsonl',
  ],
})
