/**
 * What a program printed, unchanged, where TensorFlow.js says nothing about itself in it: no greeting ("Hi, looks like you are running
 * TensorFlow.js in Node.js"), no note on a platform or a backend.
 * @template {{ stdout: string, stderr: string }} T
 * @param {T} result
 * @returns {T}
 */
export function noBanner(result) {
  const line = `${result.stdout}\n${result.stderr}`
    .split('\n')
    .find((text) => /TensorFlow\.js|^Platform .* has already been set|already registered/i.test(text))
  if (line !== undefined) throw new Error(`TensorFlow.js says on the console: ${line}`)
  return result
}
