/**
 * Tests that look at what a module does when it is first loaded, replace a module, or choose an engine for the whole process, by
 * package: each in a process of its own.
 */
const ALONE = {
  core: ['src/ops/engine.test.ts', 'src/detection/detector.test.ts', 'src/tracing/compiled.test.ts'],
  'tfjs-backend-onnx': ['src/node/register.test.ts', 'src/web/start.test.ts', 'src/web/conformance.test.ts'],
  'backend-node': ['ready', 'ready-options', 'signing', 'trace', 'transforms'].map(
    (name) => `src/engine/${name}.test.ts`,
  ),
}

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

/** The tests of a package, those that stand alone apart; the others share modules, whose loading would take much of the time. */
const sharing = (name: keyof typeof ALONE): Project[] => [
  { ...projectOf(name), exclude: ALONE[name], isolate: false },
  { ...projectOf(name), name: `${name}-alone`, include: ALONE[name] },
]

/** What `vitest run` runs, a project each; vitest.config.ts hands the list to vitest. */
const projects: readonly Project[] = [
  { ...projectOf('stats'), isolate: false },
  projectOf('gradients'),
  { ...projectOf('weights'), isolate: false },
  ...(['core', 'tfjs-backend-onnx', 'backend-node'] as const).flatMap(sharing),
  projectOf('models'),
  ...['images', 'cli'].map((name) => ({ ...projectOf(name), isolate: false })),
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
