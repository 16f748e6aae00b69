// `npx -y pnpm@12 bench:checkpoint`: how much memory it takes to open the autoencoder of a 4.3 GB checkpoint, in a fresh process
// for each format. `bench:checkpoint write FILE` only writes such a checkpoint (.ckpt: PyTorch's zip, else safetensors).
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openAutoencoder, ready } from '@stablesig/backend-node'
import { runForJson } from '../run.ts'
import { FORMATS, writeCheckpoint } from './write.ts'

const MEASURE = '--measure'
const MB = 2 ** 20

/** Bytes that this process has read so far, where the system counts them. */
function bytesRead(): number | null {
  const path = '/proc/self/io'
  const found = existsSync(path) ? /^rchar: (\d+)$/m.exec(readFileSync(path, 'utf8')) : null
  return found ? Number(found[1]) : null
}

/** Opens the autoencoder in this process and says what that took beyond an engine that is ready. */
async function measure(path: string) {
  await ready({ device: 'cpu' })
  const [before, readBefore] = [process.memoryUsage.rss(), bytesRead()]
  const began = performance.now()
  const { encoder, decoder } = await openAutoencoder({ path })
  const seconds = (performance.now() - began) / 1000
  const read = bytesRead()
  const weights = [...Object.values(encoder.weights), ...Object.values(decoder.weights)]
  const bytes = weights.reduce((sum, { size }) => sum + 4 * size, 0)
  const peak = process.resourceUsage().maxRSS * 1024
  return {
    weightsMB: Math.round(bytes / MB),
    readyMB: Math.round(before / MB),
    peakMB: Math.round(peak / MB),
    times: Number(((peak - before) / bytes).toFixed(2)),
    readMB: read === null || readBefore === null ? null : Math.round((read - readBefore) / MB),
    seconds: Number(seconds.toFixed(2)),
  }
}

async function main([what, path]: readonly string[]): Promise<void> {
  if (what === MEASURE && path) {
    console.log(JSON.stringify(await measure(path)))
    // An engine's threads may outlive the last line.
    process.exit(0)
  }
  if (what === 'write' && path) {
    const written = await writeCheckpoint(path, path.endsWith('.ckpt') ? 'ckpt' : 'safetensors')
    console.log(`${path}: ${written.bytes} bytes, ${written.parameters} parameters`)
    return
  }
  if (what !== undefined) throw new Error('bench:checkpoint [write FILE]')
  const folder = mkdtempSync(join(tmpdir(), 'stablesig-checkpoint-'))
  try {
    for (const format of FORMATS) {
      const file = join(folder, `checkpoint.${format}`)
      const { bytes } = await writeCheckpoint(file, format)
      const measured = await runForJson(process.execPath, [process.argv[1] ?? '', MEASURE, file])
      console.log(JSON.stringify({ format, fileMB: Math.round(bytes / MB), ...Object(measured) }))
      rmSync(file)
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

await main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error)
  process.exit(2)
})
