/**
 * The pages of the site in the order in which a newcomer reads. `page` is its place in the site, without an ending; `source` the file of
 * the repository that it shows. Those in docs/ are found by vitepress itself; the others come in through docs/[page].paths.ts.
 */
export interface Page {
  readonly page: string
  readonly source: string
  readonly title: string
}
export interface Chapter {
  readonly title: string
  readonly pages: readonly Page[]
}

const guide = (page: string, title: string): Page => ({ page, source: `docs/${page}.md`, title })
const packagePage = (name: string, title = `@stablesig/${name}`): Page => ({
  page: `packages/${name}`,
  source: `packages/${name}/README.md`,
  title,
})

export const CHAPTERS: readonly Chapter[] = [
  {
    title: 'Begin',
    pages: [
      { page: 'start', source: 'README.md', title: 'What it is, and a first program' },
      guide('weights', 'Weights'),
    ],
  },
  {
    title: 'Sign',
    pages: [
      guide('recipes', 'Recipes'),
      guide('latents', 'Latents'),
      guide('minting', 'Minting'),
      guide('export', 'ONNX models'),
    ],
  },
  {
    title: 'Find',
    pages: [
      guide('detection', 'Detection'),
      guide('scanning', 'Scanning'),
      guide('tracing', 'Tracing'),
      guide('browser', 'In a browser'),
    ],
  },
  {
    title: 'Judge',
    pages: [guide('evaluating', 'Evaluating'), guide('pictures', 'Pictures'), guide('limits', 'Limits')],
  },
  {
    title: 'Reference',
    pages: [
      guide('cli', 'The command'),
      guide('bundling', 'Bundling'),
      guide('engine', 'The engine'),
      { page: 'models/extractor-48', source: 'packages/models/cards/extractor-48.md', title: 'Card: our extractor' },
      {
        page: 'models/autoencoder-16',
        source: 'packages/models/cards/autoencoder-16.md',
        title: 'Card: our autoencoder',
      },
      { page: 'models/data', source: 'packages/models/cards/data.md', title: 'Card: our data' },
    ],
  },
  {
    title: 'Packages',
    pages: [
      packagePage('core'),
      packagePage('backend-node'),
      packagePage('backend-web'),
      packagePage('cli', 'stablesig'),
      packagePage('stats'),
      packagePage('weights'),
      packagePage('images'),
      packagePage('models'),
      packagePage('gradients'),
      packagePage('tfjs-backend-onnx'),
      { page: 'packages/kernels', source: 'packages/tfjs-backend-onnx/KERNELS.md', title: 'Kernels of the engine' },
    ],
  },
  {
    title: 'Take part',
    pages: [
      { page: 'contributing', source: 'CONTRIBUTING.md', title: 'Contributing' },
      guide('architecture', 'Architecture'),
      { page: 'training', source: 'training/README.md', title: 'Training our models' },
    ],
  },
]

export const PAGES: readonly Page[] = CHAPTERS.flatMap(({ pages }) => pages)

/** What stands beside the pages once the site is built: programs of their own, which vitepress does not know. */
export const BESIDE: Readonly<Record<string, string>> = {
  'examples/web': '/demo/index.html',
  'docs/api': '/api/index.html',
}
