// @ts-check
import { readFile } from 'node:fs/promises'
import { openDecoder } from '@stablesig/backend-node'
import { finetuneDecoder, parseKey, randomKey } from '@stablesig/core'

/**
 * @typedef {import('@stablesig/core').LatentDecoder} LatentDecoder
 * @typedef {{ readonly name: string, readonly key: import('@stablesig/core').Key, readonly decoder: LatentDecoder }} User
 */

/**
 * Users who have a signed decoder each: given ones, or signed here with the default preset.
 * @param {{
 *   autoencoder: import('@stablesig/core').Autoencoder, extractor: import('@stablesig/core').Extractor,
 *   training: import('@stablesig/core').ImageSet, signed?: string, 'key-files'?: string, users: string, steps?: string
 * }} options
 * @returns {Promise<User[]>}
 */
export async function openUsers({ autoencoder, extractor, training, signed, users, steps, ...options }) {
  const files = signed?.split(',')
  const keyFiles = options['key-files']?.split(',')
  if (files && keyFiles?.length !== files.length)
    throw new Error(`${files.length} signed decoders and ${keyFiles?.length ?? 0} key files: name a key file for each`)
  /** @type {User[]} */
  const opened = []
  for (let i = 0; i < (files?.length ?? Number(users)); i++) {
    const name = `user-${i}`
    const file = files?.[i]
    const keyFile = keyFiles?.[i]
    if (file && keyFile) {
      const key = parseKey((await readFile(keyFile, 'utf8')).trim(), extractor.bits)
      const { decoder } = await openDecoder(file)
      opened.push({ name, key, decoder })
      continue
    }
    const key = randomKey(extractor.bits, { seed: i })
    const { decoder } = await finetuneDecoder({
      ...{ autoencoder, extractor, images: training, key, seed: i },
      ...(steps ? { steps: Number(steps) } : {}),
      onStep: ({ step, steps, bitAccuracy, psnr }) => {
        if (step % 25 === 0 || step === steps)
          console.error(`${name}, step ${step} of ${steps}: ${bitAccuracy.toFixed(3)} of bits, ${psnr.toFixed(1)} dB`)
      },
    })
    opened.push({ name, key, decoder })
  }
  return opened
}
