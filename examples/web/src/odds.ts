const NAMES = ['', 'thousand', 'million', 'billion', 'trillion', 'quadrillion', 'quintillion', 'sextillion']

/** A whole number in words that people read: 281474976710656 is '281 trillion'. */
function inWords(count: number): string {
  const group = Math.min(NAMES.length - 1, Math.floor(Math.log10(count) / 3))
  const scaled = count / 1000 ** group
  if (scaled >= 1000) return `more than 1000 ${NAMES.at(-1)}`
  // Two digits say all that such a number is good for.
  const digits = Number(scaled.toPrecision(scaled < 100 ? 2 : 3))
  return `${digits} ${NAMES[group]}`.trim()
}

/**
 * What a p-value says, as a sentence.
 * @param pValue chance that an image without any of the keys agrees as well, 0..1
 */
export function oddsInWords(pValue: number): string {
  if (pValue > 0.1) return 'Images that carry no such key agree as well as this one.'
  const count = 1 / pValue
  if (!Number.isFinite(count)) return 'No image without such a key agrees as well as this one.'
  return `Of images that carry no such key, one in ${inWords(count)} agrees as well as this one.`
}

/** A p-value in digits: 3.6e-15, 0.034. */
export const inDigits = (pValue: number): string =>
  pValue < 1e-3 ? pValue.toExponential(1) : String(Number(pValue.toPrecision(2)))
