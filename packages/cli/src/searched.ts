import type { Searched } from '@stablesig/core/detection'

/** The reading that decided, for people: what was done to the image, and among how many; nothing where nothing was searched. */
export function describeSearch(search: Searched | undefined): string {
  if (!search) return ''
  const { candidate, compared, considered } = search
  const { scale, rotation, flipped, window } = candidate
  const part = (share: number) => share.toFixed(2)
  const steps = [
    ...(window.side === 1 ? [] : [`window ${part(window.side)} at ${part(window.left)},${part(window.top)}`]),
    ...(flipped ? ['mirrored'] : []),
    ...(rotation === 0 ? [] : [`turned ${rotation}°`]),
    ...(scale === 1 ? [] : [`scaled ${scale}`]),
  ]
  return `\tread ${steps.join(', ') || 'as it is'}, best of ${compared} compared, ${considered} considered`
}
