import { type Minter, readMinter } from '@stablesig/core/minting'
import { openFile } from '../files/file-source.ts'

/**
 * Reads a minter's file. No engine is needed.
 * @throws StableSigError 'io'; 'bad-weights', 'not-finite', 'limit' naming the file
 */
export async function openMinter(path: string): Promise<Minter> {
  const file = await openFile(path)
  try {
    return await readMinter(file)
  } finally {
    await file.close()
  }
}
