import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PAGES } from './.vitepress/pages.ts'
import { ROOT } from './.vitepress/repository-links.ts'

/** Pages of the site whose text stands elsewhere in the repository. */
export default {
  paths: () =>
    PAGES.filter(({ page, source }) => source !== `docs/${page}.md`).map(({ page, source }) => ({
      params: { page },
      content: readFileSync(join(ROOT, source), 'utf8'),
    })),
}
