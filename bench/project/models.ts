import { join } from 'node:path'
import { expandFiles, openAutoencoder, openExtractor, ready } from '@stablesig/backend-node'
import { AUTOENCODER_16, EXTRACTOR_48 } from '@stablesig/models'

/** Starts the engine on the processor: what the peer runs on. */
export const startEngine = () => ready({ device: 'cpu' })

/** @param data folder of weights and photographs: see docs/weights.md */
export const realExtractor = (data: string) => openExtractor(join(data, 'weights/dec_48b_whit.torchscript.pt'))

export const realAutoencoder = (data: string) =>
  openAutoencoder({
    encoder: join(data, 'weights/taef2_encoder.pth'),
    decoder: join(data, 'weights/taef2_decoder.pth'),
  })

/** The project's own models, or in their place the published ones of `data`. */
export const modelsOf = ({ own }: { readonly own: boolean }, data: string) => ({
  extractor: () => (own ? openExtractor(EXTRACTOR_48.url) : realExtractor(data)),
  autoencoder: () => (own ? openAutoencoder({ path: AUTOENCODER_16.url }) : realAutoencoder(data)),
})

/** The photographs of `images/train` or `images/val`. */
export const photographs = (data: string, part: 'train' | 'val'): Promise<string[]> =>
  expandFiles([join(data, 'images', part)])
