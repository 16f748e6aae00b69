import { setBackend } from '@tensorflow/tfjs-core'

/**
 * Google's TensorFlow binding with CUDA, where a user has installed it: an optional adapter. It has not been run on such
 * hardware by this project. It registers the tfjs backend 'tensorflow' when it is imported.
 * @returns its name, or null where it is not installed
 */
export async function startTfjsNodeGpu(): Promise<string | null> {
  // Not a literal, so that neither the compiler nor a bundler looks for a package that is usually absent.
  const name: string = '@tensorflow/tfjs-node-gpu'
  try {
    await import(name)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND') return null
    throw error
  }
  if (!(await setBackend('tensorflow'))) throw new Error(`${name} does not start`)
  return `${name} (TensorFlow)`
}
