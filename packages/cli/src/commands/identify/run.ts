import { openFile } from '@stablesig/backend-node'
import { identify, type Registry, readRegistry, StableSigError } from '@stablesig/core'
import { type Io, jsonLine } from '../../io.ts'
import { extractorAt, startEngine } from '../../models.ts'
import type { GivenOf } from '../../options/description.ts'
import { warnUnwhitened } from '../../unwhitened.ts'
import { eachImage } from '../each-image.ts'
import type { identify as command } from './command.ts'

async function openRegistry(path: string): Promise<Registry> {
  const source = await openFile(path)
  try {
    return await readRegistry(source)
  } finally {
    await source.close()
  }
}

export async function run(options: GivenOf<typeof command>, io: Io): Promise<number> {
  return eachImage(options, io, async (own) => {
    const registry = await openRegistry(options.registry)
    await startEngine(options)
    const extractor = own(await extractorAt(options.extractor))
    const request = { extractor, registry, fpr: options.fpr, signal: io.signal, allowUnwhitened: true }
    await identify([], request).catch((error: unknown) => {
      if (!(error instanceof StableSigError) || error.code !== 'bad-registry') throw error
      throw new StableSigError(error.code, `--registry ${options.registry}: ${error.message}`, { cause: error })
    })
    warnUnwhitened(extractor, options.extractor, io)
    return {
      read: (batch) => identify(batch, request),
      tell(file, identification) {
        const { user, matches, total, pValue, threshold, fpr, users, runnerUp, tied, whitened, bits } = identification
        const read = options.bits ? { bits } : {}
        io.out(
          options.json
            ? jsonLine({ file, user, matches, total, ...read, pValue, threshold, fpr, users, runnerUp, tied, whitened })
            : `${file}\t${user ?? (tied > 1 && matches >= threshold ? 'nobody (tie)' : 'nobody')}\t${matches}/${total}\t` +
                `p-value ${pValue.toExponential(2)} among ${users}\tthreshold ${threshold}` +
                `${runnerUp ? `\trunner-up ${runnerUp.user} ${runnerUp.matches}/${total}` : ''}` +
                `${options.bits ? `\tread ${bits}` : ''}\n`,
        )
        return user !== null
      },
    }
  })
}
