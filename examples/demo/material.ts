import { copyFile, mkdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { expandFiles } from '@stablesig/backend-node'
import { writeJudged, writeTraining } from '../photographs.ts'

/** What a demonstration works with, as parts of command lines. */
export interface Material {
  readonly autoencoder: readonly string[]
  /** The autoencoder with another decoder. */
  readonly decoder: (path: string) => readonly string[]
  readonly extractor: readonly string[]
  /** Folders of photographs: to train on, and to judge by. */
  readonly training: string
  readonly judged: string
}

/** Our own models, which a command takes where none is named, and photographs that packages ship. */
export async function shipped(folder: string): Promise<Material> {
  const [training, judged] = [join(folder, 'training'), join(folder, 'photographs')]
  await Promise.all([writeTraining(training), writeJudged(judged)])
  return { autoencoder: [], decoder: (path) => ['--decoder', path], extractor: [], training, judged }
}

/**
 * A generator's small autoencoder, the published extractor and photographs of the user's.
 * @param data a folder with weights/ and images/{train,val}: docs/weights.md says where they come from
 */
export async function published(data: string | undefined, folder: string, pictures: number): Promise<Material> {
  if (!data) {
    console.error(
      'set STABLESIG_DATA to a folder with weights/ and images/{train,val}: docs/weights.md says where they come from',
    )
    process.exit(2)
  }
  const weights = (name: string): string => join(data, 'weights', name)
  const judged = join(folder, 'photographs')
  await mkdir(judged, { recursive: true })
  for (const file of (await expandFiles([join(data, 'images/val')])).slice(0, pictures))
    await copyFile(file, join(judged, basename(file)))
  const decoder = (path: string) => ['--encoder', weights('taef2_encoder.pth'), '--decoder', path]
  return {
    autoencoder: decoder(weights('taef2_decoder.pth')),
    decoder,
    extractor: ['--extractor', weights('dec_48b_whit.torchscript.pt')],
    training: join(data, 'images/train'),
    judged,
  }
}
