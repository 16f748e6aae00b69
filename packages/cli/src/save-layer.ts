import { withWeights, writeFileAtomic } from '@stablesig/backend-node'
import { describeExtractor, type WhiteningLayer } from '@stablesig/core/models'
import { readable, type StateTensor, streamSafetensors, tensorData } from '@stablesig/weights'

/**
 * Writes the extractor of a file with a whitening layer in place of the one it has: its own tensors as they are.
 * @throws StableSigError 'io', 'bad-weights'
 */
export async function saveWithLayer(
  path: string,
  extractorPath: string,
  { weight, bias }: WhiteningLayer,
): Promise<void> {
  const layer = readable(
    new Map([
      ['whiten.weight', tensorData(Float32Array.from(weight), [bias.length, weight.length / bias.length])],
      ['whiten.bias', tensorData(Float32Array.from(bias), [bias.length])],
    ]),
  )
  await withWeights(extractorPath, async (state) => {
    const tensors = new Map<string, StateTensor>()
    for (const [ours, theirs] of describeExtractor(state).names) {
      const stored = state.tensors.get(theirs)
      if (stored && !ours.startsWith('whiten.')) tensors.set(ours, stored)
    }
    const file = await streamSafetensors(new Map([...tensors, ...layer]))
    await writeFileAtomic(path, file.chunks())
  })
}
