/**
 * Whole numbers of pickles: a number where a double holds it exactly, else a bigint.
 * Little-endian two's complement of any length; no bytes are 0.
 */
export function integerFromBytes(bytes: Uint8Array): number | bigint {
  let hex = ''
  for (const byte of bytes) hex = byte.toString(16).padStart(2, '0') + hex
  return narrowed(BigInt.asIntN(8 * bytes.length, BigInt(`0x0${hex}`)))
}

/** Text of protocol 0: an integer, which may end in L; 00 and 01 are booleans. null when it is none. */
export function integerFromText(line: string): number | bigint | boolean | null {
  if (line === '00' || line === '01') return line === '01'
  const digits = line.replace(/L$/, '')
  return /^[+-]?\d{1,2466}$/.test(digits) ? narrowed(BigInt(digits.replace('+', ''))) : null
}

/** Text of protocol 0: a float as Python's repr writes it. null when it is none. */
export function floatFromText(line: string): number | null {
  if (line === 'nan') return Number.NaN
  if (line === 'inf') return Number.POSITIVE_INFINITY
  if (line === '-inf') return Number.NEGATIVE_INFINITY
  return /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,4})?$/.test(line) ? Number(line) : null
}

function narrowed(value: bigint): number | bigint {
  const small = Number(value)
  return Number.isSafeInteger(small) ? small : value
}
