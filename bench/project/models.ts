import { join } from 'node:path'
import { expandFiles, openAutoencoder, openExtractor, ready } from '@stablesig/backend-node'

/** Starts the engine on the processor: what the peer runs on. */
export const startEngine = () => ready({ device: 'cpu' })

/** @param data folder of weights and photographs: see docs/weights.md */
export const realExtractor = (data: string) => openExtractor(join(data, 'weights/dec_48b_whit.torchscript.pt'))

export const realAutoencoder = (data: string) =>
  openAutoencoder({
    encoder: join(data, 'weights/taef2_encoder.pth'),
    decoder: join(data, 'weights/taef2_decoder.pth'),
  })

/** The photographs of `images/train` or `images/val`. */
export const photographs = (data: string, part: 'train' | 'val'): Promise<string[]> =>
  expandFiles([join(data, 'images', part)])
