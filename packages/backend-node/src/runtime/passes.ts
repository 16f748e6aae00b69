import { EngineError, type PassName, passNames } from '@stablesig/backend-onnx'

/**
 * The compiler passes that STABLESIG_PASSES asks for, for diagnosis: names apart by commas run alone (in the passes' own
 * order), names with a minus are left out of all, 'none' runs none. Undefined where the variable is not set, or empty.
 * @throws EngineError 'unsupported' naming a pass that does not exist
 */
export function passesFromEnvironment(
  asked: string | undefined = process.env.STABLESIG_PASSES,
): readonly PassName[] | undefined {
  if (!asked?.trim()) return undefined
  const words = asked === 'none' ? [] : asked.split(',').flatMap((word) => word.trim() || [])
  const names = words.map((word) => word.replace(/^-/, ''))
  const unknown = names.find((name) => !passNames.some((pass) => pass === name))
  if (unknown !== undefined) {
    throw new EngineError(
      'unsupported',
      `STABLESIG_PASSES names "${unknown}"; there are ${passNames.join(', ')}, each with or without a minus, and none`,
    )
  }
  const without = words.some((word) => word.startsWith('-'))
  return passNames.filter((pass) => names.includes(pass) !== without)
}
