/** Width and height of a glyph's cell in dots, the column and row of space beside it not counted. */
export const GLYPH_WIDTH = 5
export const GLYPH_HEIGHT = 7

/** Seven rows from the top, each five dots as two hexadecimal digits: the bit of 16 is the leftmost. */
const ROWS: Readonly<Record<string, string>> = {
  ' ': '00 00 00 00 00 00 00',
  A: '04 0a 11 11 1f 11 11',
  B: '1e 11 11 1e 11 11 1e',
  C: '0e 11 10 10 10 11 0e',
  D: '1c 12 11 11 11 12 1c',
  E: '1f 10 10 1e 10 10 1f',
  F: '1f 10 10 1e 10 10 10',
  G: '0e 11 10 13 11 11 0e',
  H: '11 11 11 1f 11 11 11',
  I: '0e 04 04 04 04 04 0e',
  J: '07 02 02 02 02 12 0c',
  K: '11 12 14 18 14 12 11',
  L: '10 10 10 10 10 10 1f',
  M: '11 1b 15 15 11 11 11',
  N: '11 19 15 15 13 11 11',
  O: '0e 11 11 11 11 11 0e',
  P: '1e 11 11 1e 10 10 10',
  Q: '0e 11 11 11 15 12 0d',
  R: '1e 11 11 1e 14 12 11',
  S: '0f 10 10 0e 01 01 1e',
  T: '1f 04 04 04 04 04 04',
  U: '11 11 11 11 11 11 0e',
  V: '11 11 11 0a 0a 04 04',
  W: '11 11 11 15 15 1b 11',
  X: '11 11 0a 04 0a 11 11',
  Y: '11 11 0a 04 04 04 04',
  Z: '1f 01 02 04 08 10 1f',
  0: '0e 11 13 15 19 11 0e',
  1: '04 0c 04 04 04 04 0e',
  2: '0e 11 01 06 08 10 1f',
  3: '0e 11 01 06 01 11 0e',
  4: '02 06 0a 12 1f 02 02',
  5: '1f 10 1e 01 01 11 0e',
  6: '06 08 10 1e 11 11 0e',
  7: '1f 01 02 04 08 08 08',
  8: '0e 11 11 0e 11 11 0e',
  9: '0e 11 11 0f 01 02 0c',
  '.': '00 00 00 00 00 0c 0c',
  ':': '00 0c 0c 00 0c 0c 00',
  '!': '04 04 04 04 04 00 04',
  '?': '0e 11 01 02 04 00 04',
  '-': '00 00 00 1f 00 00 00',
  _: '00 00 00 00 00 00 1f',
  '/': '01 01 02 04 08 10 10',
  "'": '04 04 08 00 00 00 00',
  '(': '02 04 08 08 08 04 02',
  ')': '08 04 02 02 02 04 08',
  '@': '0e 11 17 15 17 10 0e',
  '#': '0a 0a 1f 0a 1f 0a 0a',
  '%': '18 19 02 04 08 13 03',
  '&': '08 14 14 08 15 12 0d',
}

/**
 * The characters that can be written; small letters are written as capitals. A comma and a plus are none of them: they part
 * the values and transforms of a spelling.
 */
export const CHARACTERS = Object.keys(ROWS).join('')

/** Whether a character's glyph has a dot at a row and column; false between glyphs. Characters must be in CHARACTERS. */
export function hasDot(character: string, row: number, column: number): boolean {
  const bits = ROWS[character]?.slice(3 * row, 3 * row + 2) ?? ''
  return column < GLYPH_WIDTH && ((Number.parseInt(bits, 16) >> (GLYPH_WIDTH - 1 - column)) & 1) === 1
}
