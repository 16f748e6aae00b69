import { type Html, html } from './html.ts'
import { STYLE } from './style.ts'

/**
 * A whole page that needs nothing beside itself: no script, no other file, nothing from a network. That the browser holds it to this is
 * said in its policy.
 */
export const documentOf = (title: string, body: readonly Html[]): string =>
  html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>${title}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
${body}
</main>
</body>
</html>
`.text
