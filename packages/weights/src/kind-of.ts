/** What a value is, for a message. */
export function kindOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return `${typeof value === 'string' ? 'text' : String(value)}`
  const name: unknown = Object.getPrototypeOf(value)?.constructor?.name
  return typeof name === 'string' && name !== '' ? `a value of class ${name}` : 'an object'
}
