/** What `vitest run` runs, a project each; vitest.config.ts hands the list to vitest. */
const packages = ['stats', 'gradients', 'weights', 'core', 'tfjs-backend-onnx', 'backend-node', 'cli'].map((name) => ({
  name,
  root: `packages/${name}`,
  include: ['src/**/*.test.ts'],
}))

const rest = [
  { name: 'goldens', root: 'goldens', include: ['harness/**/*.test.ts'] },
  { name: 'training', root: 'training', include: ['*.test.ts'] },
  { name: 'scripts', root: 'scripts', include: ['**/*.test.ts'] },
]

export default [...packages, ...rest].map((test) => ({ extends: true as const, test }))
