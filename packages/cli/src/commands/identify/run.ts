import { openFile } from '@stablesig/backend-node'
import { createDetector, type DetectorOptions, type Registry, readRegistry, StableSigError } from '@stablesig/core'
import type { RegistryDetector } from '@stablesig/core/detection'
import { type Io, jsonLine } from '../../io.ts'
import { extractorAt, startEngine } from '../../models.ts'
import type { GivenOf } from '../../options/description.ts'
import { describeSearch } from '../../searched.ts'
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

/** Says of a file that nobody is in, or whose keys have another length, which it is. */
function detectorOf(registry: Registry, options: DetectorOptions, path: string): RegistryDetector {
  try {
    const detector = createDetector({ ...options, registry, allowUnwhitened: true })
    if (registry.size === 0)
      throw new StableSigError('bad-registry', 'Nobody is registered, so nobody can be identified')
    return detector
  } catch (error) {
    if (!(error instanceof StableSigError) || error.code !== 'bad-registry') throw error
    throw new StableSigError(error.code, `--registry ${path}: ${error.message}`, { cause: error })
  }
}

export async function run(options: GivenOf<typeof command>, io: Io): Promise<number> {
  return eachImage(options, io, async (own) => {
    const registry = await openRegistry(options.registry)
    await startEngine(options)
    const extractor = own(await extractorAt(options.extractor))
    const detector = detectorOf(registry, { extractor, fpr: options.fpr, search: options.search }, options.registry)
    warnUnwhitened(extractor, options.extractor, io)
    return {
      read: (batch) => detector.identify(batch, { signal: io.signal }),
      tell(file, identification) {
        const { user, matches, total, pValue, threshold, fpr, users, runnerUp, tied, whitened, search, bits } =
          identification
        const read = options.bits ? { bits } : {}
        io.out(
          options.json
            ? jsonLine({
                file,
                user,
                matches,
                total,
                ...read,
                pValue,
                threshold,
                fpr,
                users,
                runnerUp,
                tied,
                whitened,
                search,
              })
            : `${file}\t${user ?? (tied > 1 && matches >= threshold ? 'nobody (tie)' : 'nobody')}\t${matches}/${total}\t` +
                `p-value ${pValue.toExponential(2)} among ${users}\tthreshold ${threshold}` +
                `${runnerUp ? `\trunner-up ${runnerUp.user} ${runnerUp.matches}/${total}` : ''}` +
                `${describeSearch(search)}${options.bits ? `\tread ${bits}` : ''}\n`,
        )
        return user !== null
      },
    }
  })
}
