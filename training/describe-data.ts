import type { Photograph } from './photographs.ts'

/** The card of the pictures that models are trained on: authors and licences of photographs, and what is rendered. */
export function dataCard(photographs: readonly Photograph[]): string {
  const rows = photographs.map(
    ({ name, author, licence, package: from, version }) => `| ${name} | ${author} | ${licence} | ${from} ${version} |`,
  )
  return `# What the models were trained on
${photographs.length} photographs that packages ship, and renderings: dead leaves, fractal noise, gradients, text. Written by \`npx -y pnpm@12 train data-card\`;
\`train gather\` fetches and renders them, and holds every photograph to its checksum.

| photograph | author | licence | package |
|---|---|---|---|
${rows.join('\n')}
`
}
