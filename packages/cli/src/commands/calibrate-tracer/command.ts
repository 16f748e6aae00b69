import { defineCommand } from '../../options/description.ts'
import { ENGINE, jsonOf, READING } from '../../options/shared.ts'
import { AUTOENCODERS } from '../../options/tracing.ts'
import { whole } from '../../options/values.ts'

export const calibrateTracer = defineCommand({
  name: 'calibrate-tracer',
  summary:
    'Learn which scores the images of an autoencoder have, and others: what `trace` decides by. Of several autoencoders: also what tells them apart, what `attribute` decides by.',
  options: {
    ...ENGINE,
    ...READING,
    ...AUTOENCODERS,
    images: { value: '<folder>', help: 'photographs: a folder or a pattern; some fifty or more', required: true },
    out: { value: '<file>', writes: true, help: 'where the calibration is written (JSON)', required: true },
    method: { value: '<names...>', help: 'methods to calibrate: balanced by default; see `trace`' },
    jpegQuality: {
      value: '<n>',
      help: 'calibrate for JPEG of this quality too; again for each',
      read: whole(1, 100),
      repeated: true,
    },
    jpegSubsampling: {
      value: '<name>',
      help: 'of chroma in those JPEG',
      choices: ['4:2:0', '4:4:4'],
      default: '4:2:0',
    },
    side: { value: '<n>', help: 'side of the square cut out of each photograph', read: whole(16, 4096), default: 256 },
    ...jsonOf(
      'one JSON object: out, autoencoder, and of each set its format, method, size and numbers of images; of several: out, candidates with those, siblings',
    ),
  },
  examples: [
    'stablesig calibrate-tracer --autoencoder vae/ --images photos/ --out vae.calibration.json',
    'stablesig calibrate-tracer --autoencoder vae/ --images photos/ --method balanced inversion --jpeg-quality 75 --jpeg-quality 90 --out vae.calibration.json',
    'stablesig calibrate-tracer --encoder vae/ --decoder vae/ --decoder signed.safetensors --images photos/ --out copies.json',
  ],
})
