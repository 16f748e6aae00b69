/**
 * packages/tfjs-backend-onnx/KERNELS.md: what the engine has of tfjs' kernels.
 * @param {import('../../packages/tfjs-backend-onnx/src/kernels/kernel-support.ts').KernelSupport} support
 */
export function kernelDocs({ available, byParts, missing }) {
  const families = [...new Set(available.map(({ family }) => family))]
  const names = (family, gradient) =>
    available
      .filter((one) => one.family === family && one.gradient === gradient)
      .map(({ name }) => name)
      .sort()
      .join(', ')
  const rows = families.map((family) => `| ${family} | ${names(family, true)} | ${names(family, false)} |`)
  const instead = missing.map((one) => `| ${one.name} | \`${one.op}\` | ${one.instead} |`)
  return `# Supported kernels
tfjs' functions are made of kernels; these are the ones that this backend has. \`kernelSupport()\` gives the same list to a program.
Written by \`npx -y pnpm@12 docs:kernels\`.

| family | with a gradient | without |
|---|---|---|
${rows.join('\n')}

- Gradients are tfjs' own, and Einsum and FlipLeftRight have one beside them. Where there is none, a composition of kernels that
  have one is differentiable: a Fourier transform is \`tf.matMul\` with a matrix of cosines and one of sines.
- Complex tensors go through kernels that know them and, part by part, through those that are linear: ${byParts.join(', ')}.
  tfjs takes no gradient through them.
- Kernels computed without ONNX have results of as many elements as their values say. They compute what is pending and read it
  at once, which only runtimes with synchronous runs can (Node's can); \`tf.image.nonMaxSuppressionAsync\`, \`tf.whereAsync\` and
  \`tf.booleanMaskAsync\` read by themselves everywhere.

## Missing
A call of one of these throws an \`EngineError\` with the code \`unsupported\` that says the same.

| kernel | called by | instead |
|---|---|---|
${instead.join('\n')}
`
}
