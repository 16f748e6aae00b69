/** `node:path` for goldens' runners in a browser. */
export const join = (...parts: readonly string[]): string => parts.join('/').replace(/\/+/g, '/')
