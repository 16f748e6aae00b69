import { mapName, type NameMapping } from '../../weights/names.ts'

/** Counters of BatchNorm that nothing reads. */
const COUNTERS = '{rest...}.num_batches_tracked'

/** The published TorchScript files: the network under 0., a whitening linear under 1. */
const torchScript: NameMapping = {
  name: 'TorchScript extractor',
  pairs: [
    ['0.{rest...}', '{rest...}'],
    ['1.weight', 'whiten.weight'],
    ['1.bias', 'whiten.bias'],
  ],
  ignore: [COUNTERS],
}

/** Joint training's checkpoints: the extractor beside the watermark encoder, the attenuation and an optimiser's state. */
const checkpoint: NameMapping = {
  name: 'HiDDeN checkpoint',
  prefix: ['module.decoder.', 'decoder.', 'encoder_decoder/module.decoder.', 'encoder_decoder/decoder.'],
  pairs: [['{rest...}', '{rest...}']],
  ignore: [COUNTERS],
}

const stripped: NameMapping = { name: 'bare extractor', pairs: [['{rest...}', '{rest...}']], ignore: [COUNTERS] }

/** Every spelling of an extractor's names. */
export const EXTRACTOR_NAMES: readonly NameMapping[] = [torchScript, checkpoint, stripped]

/** A joint checkpoint's name -> the extractor's, counters included; null for tensors that belong to other networks. */
export function extractorName(theirs: string): string | null {
  for (const prefix of ['module.decoder.', 'decoder.'])
    if (theirs.startsWith(prefix)) return mapName({ ...checkpoint, ignore: [] }, theirs.slice(prefix.length)) ?? null
  return null
}
