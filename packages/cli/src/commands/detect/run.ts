import type { Own } from '../../disposal.ts'
import type { Io } from '../../io.ts'
import { checkKeyLength, readKey } from '../../key.ts'
import { extractorAt, startEngine } from '../../models.ts'
import type { GivenOf } from '../../options/description.ts'
import { keyQuestion } from '../../questions/key.ts'
import { asking } from '../../questions/question.ts'
import { type Reader, readerOf } from '../../questions/reader.ts'
import { weighedKeyQuestion } from '../../questions/weighed.ts'
import { warnUnwhitened } from '../../unwhitened.ts'
import { eachImage } from '../each-image.ts'
import type { detect as command } from './command.ts'

export async function run(options: GivenOf<typeof command>, io: Io): Promise<number> {
  const key = await readKey(options, io)
  const open = async (own: Own): Promise<Reader> => {
    await startEngine(options)
    const extractor = own(await extractorAt(options.extractor))
    checkKeyLength(key, extractor.bits, options)
    warnUnwhitened(extractor, options.extractor, io)
    return readerOf(extractor, options.search, io)
  }
  return options.weighed
    ? eachImage(options, io, async (own) => asking(weighedKeyQuestion(await open(own), key, options), options, io))
    : eachImage(options, io, async (own) => asking(keyQuestion(await open(own), key, options), options, io))
}
