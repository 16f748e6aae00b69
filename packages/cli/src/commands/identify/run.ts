import type { Io } from '../../io.ts'
import { extractorAt, startEngine } from '../../models.ts'
import type { GivenOf } from '../../options/description.ts'
import { asking } from '../../questions/question.ts'
import { openRegistry, usersQuestion } from '../../questions/users.ts'
import { weighedUsersQuestion } from '../../questions/weighed.ts'
import { warnUnwhitened } from '../../unwhitened.ts'
import { eachImage } from '../each-image.ts'
import type { identify as command } from './command.ts'

export async function run(options: GivenOf<typeof command>, io: Io): Promise<number> {
  return eachImage(options, io, async (own) => {
    const registry = await openRegistry(options.registry)
    await startEngine(options)
    const extractor = own(await extractorAt(options.extractor))
    warnUnwhitened(extractor, options.extractor, io)
    return options.weighed
      ? asking(weighedUsersQuestion(extractor, registry, options, io), options, io)
      : asking(usersQuestion(extractor, registry, options, io), options, io)
  })
}
