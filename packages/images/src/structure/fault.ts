/** What is wrong with the bytes of an image, as a sentence that follows the file's name. Thrown inside `structure` alone. */
export class Fault extends Error {
  constructor(
    /** 'damaged': the bytes break their format's rules; 'unsupported': they keep them, and this library does not read that kind. */
    readonly kind: 'damaged' | 'unsupported',
    reason: string,
  ) {
    super(reason)
  }
}

/** A file that breaks its format's rules. */
export const damaged = (reason: string): Fault => new Fault('damaged', reason)

/** A file that ends before it is complete. */
export const cutOff = (what: string): Fault => new Fault('damaged', `it is cut off: ${what}`)

/** A kind of image that is not read, with what to do about it. */
export const unsupported = (what: string, instead = 'JPEG or PNG'): Fault =>
  new Fault('unsupported', `${what} is not supported: convert it to ${instead}`)
