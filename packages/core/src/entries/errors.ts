/**
 * The errors of this library, and those that a program around it throws in the same form.
 * @module
 */
export { abortedError } from '../aborted.ts'
export { badArgument } from '../arguments.ts'
export { type ErrorCode, StableSigError } from '../errors.ts'
