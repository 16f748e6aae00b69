import { createReadStream, existsSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import { extname, join, normalize } from 'node:path'

const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.css': 'text/css',
  '.wasm': 'application/wasm',
  '.png': 'image/png',
}

/**
 * Serves folders at paths, as a host of static files does; those of a CDN to every origin.
 * @param {Record<string, string>} folders by the path's beginning, `/` last
 * @returns {Promise<{ url: string, close(): Promise<void> }>}
 */
export async function serve(folders) {
  const server = createServer(({ url }, response) => {
    const path = decodeURIComponent(new URL(url, 'http://x').pathname)
    const [start, folder] = Object.entries(folders).find(([one]) => path.startsWith(one))
    const found = [path, `${path}index.html`, `${path}.html`]
      .map((one) => join(folder, normalize(`/${one.slice(start.length)}`)))
      .find((file) => existsSync(file) && statSync(file).isFile())
    if (!found) return response.writeHead(404).end()
    response.writeHead(200, {
      'Content-Type': TYPES[extname(found)] ?? 'application/octet-stream',
      'Access-Control-Allow-Origin': '*',
    })
    createReadStream(found).pipe(response)
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(resolve)
        server.closeAllConnections()
      }),
  }
}
