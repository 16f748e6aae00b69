import { mapName, type NameMapping, unwrapName } from '@stablesig/weights'

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

/** An extractor's first weight, after whatever stands before its names. */
const FIRST = /^((?:.*?[./])??)(?:0\.)?layers\.0\.layers\.0\.weight$/

/** Every spelling, with the prefixes that a file has before its extractors': 'state_dict/', 'model.'. */
export function extractorSpellings(names: Iterable<string>): NameMapping[] {
  const found = new Set([''])
  for (const name of names) {
    const prefix = FIRST.exec(unwrapName(name))?.[1]
    if (prefix !== undefined) found.add(prefix)
  }
  return EXTRACTOR_NAMES.map((mapping) => (mapping.prefix ? mapping : { ...mapping, prefix: [...found] }))
}

/** A joint checkpoint's name -> the extractor's, counters included; null for tensors that belong to other networks. */
export function extractorName(theirs: string): string | null {
  for (const prefix of ['module.decoder.', 'decoder.'])
    if (theirs.startsWith(prefix)) return mapName({ ...checkpoint, ignore: [] }, theirs.slice(prefix.length)) ?? null
  return null
}
