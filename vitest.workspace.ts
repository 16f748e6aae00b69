/** The packages whose tests `vitest run` runs, a project each; vitest.config.ts hands the list to vitest. */
const packages = ['stats', 'core', 'backend-onnx', 'backend-node', 'cli']

export default packages.map((name) => ({
  extends: true as const,
  test: { name, root: `packages/${name}`, include: ['src/**/*.test.ts'] },
}))
