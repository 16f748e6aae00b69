import type { BrowserCommand } from 'vitest/node'
import { loadPictures as load } from './load-pictures.mjs'

/** A file and its pixels as text, which is what commands may give a browser. */
export interface SentPicture {
  readonly name: string
  readonly file: string
  readonly width: number
  readonly height: number
  readonly data: string
}

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')

/** Picture files, and what Node's reader makes of them: for tests in a browser, which has neither. */
export const pictureFilesOfNode: BrowserCommand<[]> = async (): Promise<SentPicture[]> => {
  const { pictureFiles } = await load()
  return (await pictureFiles()).map(({ name, file, pixels }) => ({
    name,
    file: base64(file),
    width: pixels.width,
    height: pixels.height,
    data: base64(pixels.data),
  }))
}

/** Logits that Node's engine reads from those files, by an extractor's file; each picture at `size` pixels. */
export const logitsOfNode: BrowserCommand<[weights: string, size: number]> = async (_, weights, size) => {
  const { logitsOfPictures } = await load()
  return (await logitsOfPictures(weights, size)).map((one) => [...one])
}
