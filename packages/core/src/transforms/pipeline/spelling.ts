import { badArgument } from '../../arguments.ts'
import { StableSigError } from '../../errors.ts'
import { isTransformName, TRANSFORMS, type TransformName, unknownTransform } from './catalogue.ts'
import type { Transform } from './definition.ts'
import { badValue, describeParameters, type Parameters, unknownParameter } from './parameter.ts'

/**
 * Transforms one after the other, as they are spelled: names joined by '+', each with its values after a colon, in the order of its
 * parameters or by their names: 'crop:0.5+brightness:2+jpeg:80', 'resize:0.3,mode=bicubic', 'jpeg:50,4:4:4'.
 * @throws StableSigError 'bad-argument' naming the part, and the transforms or the range that it may have
 */
export function parseTransforms(spelling: string): Transform[] {
  if (typeof spelling !== 'string') throw badArgument('transforms', "text such as 'crop:0.5+jpeg:80'", spelling)
  return spelling.split('+').map((part, i, parts) => {
    try {
      return parsePart(part.trim())
    } catch (error) {
      if (parts.length === 1 || !(error instanceof StableSigError)) throw error
      throw new StableSigError(error.code, `part ${i + 1} of '${spelling}': ${error.message}`, { cause: error })
    }
  })
}

function parsePart(part: string): Transform {
  const colon = part.indexOf(':')
  const name = colon < 0 ? part : part.slice(0, colon).trim()
  if (!isTransformName(name)) throw unknownTransform(name)
  const words = colon < 0 ? [] : part.slice(colon + 1).split(',')
  return TRANSFORMS[name].bind(name, parseValues(name, words))
}

function parseValues(transform: TransformName, words: readonly string[]): Record<string, number | string> {
  const parameters: Parameters = TRANSFORMS[transform].parameters
  const names = Object.keys(parameters)
  const values: Record<string, number | string> = {}
  for (const [i, word] of words.entries()) {
    const equals = word.indexOf('=')
    const name = equals < 0 ? names[i] : word.slice(0, equals).trim()
    const text = (equals < 0 ? word : word.slice(equals + 1)).trim()
    if (name === undefined)
      throw new StableSigError(
        'bad-argument',
        `${transform} is given ${words.length} values: ${describeParameters(parameters)}`,
      )
    const parameter = Object.hasOwn(parameters, name) ? parameters[name] : undefined
    if (!parameter) throw unknownParameter(transform, name, parameters)
    if (Object.hasOwn(values, name))
      throw new StableSigError('bad-argument', `${transform} is given ${name} twice: leave one out`)
    const value = parameter.parse(text)
    if (value === null) throw badValue(transform, name, parameter, text)
    values[name] = value
  }
  return values
}

/** The shortest spelling of transforms, values that are defaults left out: `parseTransforms` reads it back. */
export function spellTransforms(transforms: readonly Transform[]): string {
  return transforms.map(spellTransform).join('+') || 'none'
}

function spellTransform({ name, values }: Transform): string {
  const parameters: Parameters = isTransformName(name) ? TRANSFORMS[name].parameters : {}
  const words = Object.entries(values).map(([key, value], i) =>
    // The first value is what a transform is known by: 'jpeg:80' also where 80 is the default.
    i === 0 ? `${value}` : value === parameters[key]?.default ? '' : `${key}=${value}`,
  )
  return [name, words.filter(Boolean).join(',')].filter(Boolean).join(':')
}
