import { StableSigError } from '@stablesig/core'
import { type PassName, passNames } from '@stablesig/tfjs-backend-onnx'

/**
 * Names of compiler passes, in the order in which they run.
 * @param source who gives them, for errors
 * @throws StableSigError 'bad-argument' naming a pass that does not exist
 */
export function checkPasses(names: readonly string[], source: string): readonly PassName[] {
  if (!Array.isArray(names))
    throw new StableSigError('bad-argument', `${source} is not a list of names, such as ['layout'] or [] for none`)
  const unknown = names.find((name) => !passNames.some((pass) => pass === name))
  if (unknown !== undefined)
    throw new StableSigError('bad-argument', `${source} names "${unknown}"; there are ${passNames.join(', ')}`)
  return passNames.filter((pass) => names.includes(pass))
}

/**
 * The compiler passes that STABLESIG_PASSES asks for, for diagnosis: names apart by commas run alone (in the passes' own
 * order), names with a minus are left out of all, 'none' runs none. Undefined where the variable is not set, or empty.
 * @throws StableSigError 'bad-argument' naming a pass that does not exist
 */
export function passesFromEnvironment(
  asked: string | undefined = process.env.STABLESIG_PASSES,
): readonly PassName[] | undefined {
  if (!asked?.trim()) return undefined
  const words = asked === 'none' ? [] : asked.split(',').flatMap((word) => word.trim() || [])
  const named = checkPasses(
    words.map((word) => word.replace(/^-/, '')),
    'STABLESIG_PASSES (names, each with or without a minus, or none)',
  )
  const without = words.some((word) => word.startsWith('-'))
  return without ? passNames.filter((pass) => !named.includes(pass)) : named
}
