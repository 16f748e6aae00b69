// Which way imports may point: between packages, and between the rooms of core. docs/architecture.md draws it.

/** The rooms of core/src by level: a room imports rooms of its own level and of lower ones. */
const levels = [
  ['signal', 'ops'],
  ['models', 'transforms', 'losses', 'metrics'],
  ['inference'],
  ['detection'],
  ['training'],
  ['tracing'],
  ['signing', 'pretraining', 'minting', 'evaluation'],
]

/** What a package may import of the others. */
const packages = {
  stats: [],
  gradients: [],
  weights: [],
  core: ['stats', 'gradients', 'weights'],
  images: ['core', 'weights'],
  'tfjs-backend-onnx': ['gradients'],
  'backend-node': ['core', 'images', 'weights', 'tfjs-backend-onnx'],
  'backend-web': ['core', 'images', 'weights', 'tfjs-backend-onnx'],
  models: [],
  cli: ['stats', 'weights', 'core', 'backend-node', 'models'],
}

/** Tests and what only tests use, such as all of the private package `testing`; they may reach any package, by its name. */
const test = '(\\.test\\.ts|/testing\\.ts)$|/testing/'
/** The one room of a package for browsers that is for Node. */
const onNode = '^packages/tfjs-backend-onnx/src/node/'
const source = (name) => `^packages/${name}/src/`
const room = (names) => `^packages/core/src/(${names.join('|')})/`
const anyOf = (names) => `^packages/(${names.join('|')})/`

const betweenPackages = Object.entries(packages).map(([name, allowed]) => ({
  name: `${name}-imports-only-${allowed.join('-') || 'none'}`,
  severity: 'error',
  from: { path: source(name), pathNot: test },
  to: { path: '^packages/', pathNot: anyOf([name, ...allowed]) },
}))

const betweenRooms = levels.slice(0, -1).map((names, level) => ({
  name: `${names.join('-')}-import-nothing-above`,
  severity: 'error',
  from: { path: room(names), pathNot: test },
  to: { path: room(levels.slice(level + 1).flat()) },
}))

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    ...betweenPackages,
    ...betweenRooms,
    {
      name: 'room-without-a-level',
      comment: 'A new room of core gets its level here first.',
      severity: 'error',
      from: { path: '^packages/core/src/', pathNot: test },
      to: { path: '^packages/core/src/[^/]+/', pathNot: room(levels.flat()) },
    },
    {
      name: 'only-deciding-rooms-import-stats',
      severity: 'error',
      from: { path: '^packages/core/src/', pathNot: [room(['entries', 'detection', 'tracing', 'evaluation']), test] },
      to: { path: '^packages/stats/' },
    },
    {
      name: 'no-node-in-neutral-packages',
      comment:
        'core, stats, weights, gradients, images, models, backend-web and tfjs-backend-onnx, but for its entry for Node, run in a browser too.',
      severity: 'error',
      from: {
        path: '^packages/(core|stats|weights|gradients|images|models|tfjs-backend-onnx|backend-web)/src/',
        pathNot: [onNode, test],
      },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'nothing-imports-the-entry-for-node',
      severity: 'error',
      from: { path: source('tfjs-backend-onnx'), pathNot: [onNode, test] },
      to: { path: [onNode, '/onnxruntime-node/'] },
    },
    {
      name: 'packages-by-name',
      comment: 'A package reaches another by its name, never by a path into its folder.',
      severity: 'error',
      from: { path: '^packages/([^/]+)/' },
      to: {
        path: '^packages/[^/]+/',
        pathNot: '^packages/$1/',
        dependencyTypes: ['local'],
      },
    },
    {
      name: 'packages-by-name-elsewhere',
      comment: 'So do goldens, benches, examples, training and scripts.',
      severity: 'error',
      from: { pathNot: '^packages/' },
      to: { path: '^packages/', dependencyTypes: ['local'] },
    },
    {
      name: 'descriptions-of-commands-load-no-engine',
      comment:
        'The help of every command starts at once: of other packages their descriptions take types, and what loads nothing.',
      severity: 'error',
      from: {
        path: '^packages/cli/src/(program|options/[^/]+|commands/index|commands/[^/]+/command)\\.ts$',
        pathNot: test,
      },
      to: {
        path: '^packages/|/@tensorflow/',
        pathNot: ['^packages/cli/', '^packages/core/src/models/autoencoders/generators\\.ts$'],
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'no-testing-in-sources',
      severity: 'error',
      from: { path: '^packages/', pathNot: test },
      to: { path: test },
    },
    {
      name: 'no-cycle',
      comment: 'Files form no circle, by values or by types.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: ['^packages/[^/]+/(dist|test)/', '/(\\.cache|out)/'] },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['source', 'import', 'node', 'types', 'default'],
    },
  },
}
