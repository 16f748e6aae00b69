import { defineCommand } from '../../options/description.ts'
import { ENGINE, EXTRACTOR, IMAGES, INPUTS, jsonOf, MAX_SIDE } from '../../options/shared.ts'

export const extract = defineCommand({
  name: 'extract',
  summary: 'Read the bits of images, and the logits behind them.',
  arguments: IMAGES,
  options: {
    ...ENGINE,
    ...INPUTS,
    ...EXTRACTOR,
    ...MAX_SIDE,
    ...jsonOf('one JSON object per image: file, bits, logits'),
  },
  examples: [
    'stablesig extract --extractor extractor.pt picture.jpg',
    'stablesig extract --extractor extractor.pt photos/ --json > logits.jsonl',
  ],
})
