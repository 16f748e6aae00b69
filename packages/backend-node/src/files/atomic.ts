import { type FileParts, stageFile } from './staged.ts'

/**
 * Writes a file so that its name never holds half of it: the bytes go to a temporary name in the same folder, reach the
 * disk, and then take the name in one step. After a failure the old file, if any, is as it was and nothing is left behind.
 * @throws StableSigError 'io'; what iterating `parts` throws is passed on
 */
export async function writeFileAtomic(path: string, parts: FileParts): Promise<void> {
  const staged = await stageFile(path, parts)
  await staged.commit()
}
