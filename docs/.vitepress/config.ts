import { defineConfig } from 'vitepress'
import { CHAPTERS } from './pages.ts'
import { repositoryLinks } from './repository-links.ts'

const API = { text: 'API', link: '/api/index.html', target: '_self' }
const DEMO = { text: 'Demo', link: '/demo/index.html', target: '_self' }

/** The site: what docs/ has, what pages.ts takes in from elsewhere in the repository, and links to what scripts/docs-site.mjs puts beside. */
export default defineConfig({
  title: 'StableSig',
  description: 'Sign a generator’s decoder with a key, and find the key in its images with exact error rates.',
  lang: 'en',
  outDir: '../out/site',
  cacheDir: '../.cache/vitepress',
  srcExclude: ['api/**'],
  head: [
    [
      'link',
      {
        rel: 'icon',
        href: "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'><path d='M2 8l4 5 8-10' fill='none' stroke='%232563eb' stroke-width='3'/></svg>",
      },
    ],
  ],
  markdown: {
    theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' },
    // The address under which this repository's files can be read, up to and with the branch, where there is one.
    config: repositoryLinks(process.env.STABLESIG_REPOSITORY),
  },
  themeConfig: {
    nav: [{ text: 'Guide', link: '/start' }, { text: 'Command', link: '/cli' }, API, DEMO],
    sidebar: [
      ...CHAPTERS.map(({ title, pages }) => ({
        text: title,
        items: pages.map(({ page, title }) => ({ text: title, link: `/${page}` })),
      })),
      { text: 'Beside', items: [API, DEMO] },
    ],
    outline: [2, 3],
    search: { provider: 'local' },
    footer: { message: 'Apache-2.0, for the code and our own models; other weights have their own licences.' },
  },
})
