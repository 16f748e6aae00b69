import type { Own } from '../../disposal.ts'
import type { Io } from '../../io.ts'
import { extractorAt, startEngine } from '../../models.ts'
import type { GivenOf } from '../../options/description.ts'
import { asking } from '../../questions/question.ts'
import { type Reader, readerOf } from '../../questions/reader.ts'
import { openRegistry, type RegistryFile, usersQuestion } from '../../questions/users.ts'
import { weighedUsersQuestion } from '../../questions/weighed.ts'
import { warnUnwhitened } from '../../unwhitened.ts'
import { eachImage } from '../each-image.ts'
import type { identify as command } from './command.ts'

export async function run(options: GivenOf<typeof command>, io: Io): Promise<number> {
  const open = async (own: Own): Promise<[Reader, RegistryFile]> => {
    const registry = await openRegistry(options.registry)
    await startEngine(options)
    const extractor = own(await extractorAt(options.extractor))
    warnUnwhitened(extractor, options.extractor, io)
    return [readerOf(extractor, options.search, io), registry]
  }
  return options.weighed
    ? eachImage(options, io, async (own) => asking(weighedUsersQuestion(...(await open(own)), options), options, io))
    : eachImage(options, io, async (own) => asking(usersQuestion(...(await open(own)), options), options, io))
}
