/** Rounds to the nearest whole number, a half to the even one: 2.5 -> 2, 3.5 -> 4, as Python does and Math.round does not. */
export function roundHalfEven(x: number): number {
  const floor = Math.floor(x)
  const rest = x - floor
  return rest > 0.5 || (rest === 0.5 && floor % 2 !== 0) ? floor + 1 : floor
}

/** Height and width of an image in pixels. */
export interface Sides {
  readonly height: number
  readonly width: number
}

/**
 * The sides that keep a share of an image's area and its aspect: trunc(side · sqrt(fraction)) for each, as the published evaluation
 * has them. A small share of a small image gives 0.
 * @param fraction above 0; 1 keeps the sides
 */
export function areaSides({ height, width }: Sides, fraction: number): Sides {
  const share = Math.sqrt(fraction)
  return { height: Math.trunc(height * share), width: Math.trunc(width * share) }
}

/** Where a centred run of `inner` begins in `outer`, in pixels: (outer - inner) / 2, a half rounded to even. */
export const centerOffset = (outer: number, inner: number): number => roundHalfEven((outer - inner) / 2)
