import { commands } from 'vitest/browser'

interface SentPicture {
  readonly name: string
  readonly file: string
  readonly width: number
  readonly height: number
  readonly data: string
}

declare module 'vitest/browser' {
  interface BrowserCommands {
    /** scripts/browser/commands.ts runs it on Node. */
    pictureFilesOfNode(): Promise<SentPicture[]>
    logitsOfNode(weights: string, size: number): Promise<number[][]>
  }
}

/** A file and its pixels as Node's reader gives them. */
export interface PictureOfNode {
  readonly name: string
  readonly file: Uint8Array
  readonly width: number
  readonly height: number
  readonly data: Uint8Array
}

const bytesOf = (base64: string) => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))

export const picturesOfNode = async (): Promise<PictureOfNode[]> =>
  (await commands.pictureFilesOfNode()).map(({ file, data, ...picture }) => ({
    ...picture,
    file: bytesOf(file),
    data: bytesOf(data),
  }))

export const logitsOfNode = (weights: string, size: number): Promise<number[][]> => commands.logitsOfNode(weights, size)
