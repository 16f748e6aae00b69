import { add, setBackend, tensor1d, tidy } from '@tensorflow/tfjs-core'

/**
 * Selects a tfjs backend that has been registered, and has it add two numbers: one that starts may still not compute.
 * @throws Error where it does not
 */
export async function selectBackend(name: string): Promise<void> {
  if (!(await setBackend(name))) throw new Error(`tfjs cannot start its backend ${name}`)
  const sum = tidy(() => add(tensor1d([1, 2]), tensor1d([2, 3])))
  try {
    const values = await sum.data()
    if (values[0] !== 3 || values[1] !== 5) throw new Error(`its sum of 1 and 2 is ${values[0]}`)
  } finally {
    sum.dispose()
  }
}
