import { defineCommand } from '../../options/description.ts'
import { autoencoderOf, ENGINE, jsonOf, READING } from '../../options/shared.ts'
import { whole } from '../../options/values.ts'

export const calibrateTracer = defineCommand({
  name: 'calibrate-tracer',
  summary: 'Learn which scores the images of an autoencoder have, and others: what `trace` decides by.',
  options: {
    ...ENGINE,
    ...READING,
    ...autoencoderOf('what holds the decoder, signed or not'),
    images: { value: '<path>', help: 'photographs: a folder or a pattern; some fifty or more', required: true },
    out: { value: '<file>', help: 'where the calibration is written (JSON)', required: true },
    method: { value: '<names...>', help: 'methods to calibrate: balanced by default; see `trace`' },
    jpegQuality: { value: '<n>', help: 'calibrate for JPEG of this quality too', read: whole(1, 100) },
    side: { value: '<n>', help: 'side of the square cut out of each photograph', read: whole(16, 4096), default: 256 },
    ...jsonOf('one JSON object: out, autoencoder, and of each set its format, method, size and numbers of images'),
  },
  examples: [
    'stablesig calibrate-tracer --autoencoder vae/ --images photos/ --out vae.calibration.json',
    'stablesig calibrate-tracer --autoencoder vae/ --images photos/ --method balanced inversion --jpeg-quality 90 --out vae.calibration.json',
  ],
})
