/**
 * Tests that look at what a module does when it is first loaded, replace a module, or choose an engine for the whole process: each
 * in a process of its own.
 */
const ALONE = ['src/ops/engine.test.ts', 'src/detection/detector.test.ts', 'src/tracing/compiled.test.ts']

interface Project {
  readonly name: string
  readonly root: string
  readonly include: readonly string[]
  readonly exclude?: readonly string[]
  /** Whether each file gets its modules anew: where none looks at that, loading them would take much of the time. */
  readonly isolate?: boolean
}

/** Tests that run in a browser are of vitest.browser.config.ts. */
const projectOf = (name: string): Project => ({
  name,
  root: `packages/${name}`,
  include: ['src/**/!(*.browser).test.ts'],
})

/** What `vitest run` runs, a project each; vitest.config.ts hands the list to vitest. */
const projects: readonly Project[] = [
  { ...projectOf('stats'), isolate: false },
  projectOf('gradients'),
  { ...projectOf('weights'), isolate: false },
  { ...projectOf('core'), exclude: ALONE, isolate: false },
  { ...projectOf('core'), name: 'core-alone', include: ALONE },
  ...['images', 'tfjs-backend-onnx', 'backend-node', 'models'].map(projectOf),
  { ...projectOf('cli'), isolate: false },
  { name: 'goldens', root: 'goldens', include: ['harness/**/*.test.ts'] },
  { name: 'training', root: 'training', include: ['*.test.ts'] },
  { name: 'examples', root: 'examples', include: ['web/src/**/*.test.ts'] },
  { name: 'docs', root: 'docs/.vitepress', include: ['*.test.ts'] },
  { name: 'scripts', root: 'scripts', include: ['**/*.test.ts'] },
]

export default projects.map(({ include, exclude, ...test }) => ({
  extends: true as const,
  test: { ...test, include: [...include], ...(exclude ? { exclude: [...exclude] } : {}) },
}))
