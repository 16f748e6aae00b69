import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { openFile } from '@stablesig/backend-node'
import { openWeights } from '@stablesig/core'
import { EXIT } from '../exit.ts'
import { type Io, jsonLine } from '../io.ts'

interface Options {
  readonly json?: boolean
}

async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const part of createReadStream(path)) hash.update(part)
  return hash.digest('hex')
}

export async function inspect(file: string, { json }: Options, io: Io): Promise<number> {
  const source = await openFile(file)
  try {
    const state = await openWeights(source)
    const tensors = [...state.tensors].map(([name, { dtype, shape }]) => ({ name, dtype, shape }))
    const parameters = tensors.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0)
    const about = {
      file,
      format: state.format,
      bytes: source.size,
      sha256: await sha256(file),
      parameters,
      metadata: state.metadata,
    }
    if (json) {
      io.out(jsonLine({ ...about, tensors }))
      return EXIT.done
    }
    io.out(`${file}: ${about.format}, ${about.bytes} bytes, ${tensors.length} tensors, ${parameters} parameters\n`)
    io.out(`sha256 ${about.sha256}\n`)
    for (const [name, value] of Object.entries(state.metadata)) io.out(`${name}: ${value}\n`)
    for (const { name, dtype, shape } of tensors) io.out(`  ${name}  ${dtype} [${shape.join(', ')}]\n`)
    return EXIT.done
  } finally {
    await source.close()
  }
}
