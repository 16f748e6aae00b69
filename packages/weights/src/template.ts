import { WeightsError } from './errors.ts'

/** What a template's variables stand for in one name: a number for `{i}`, text for `{rest...}`. */
export type TemplateValues = ReadonlyMap<string, number | string>

/** A name with placeholders; see `NameMapping`. */
export interface Template {
  /** The variables' values when the whole name fits, else null. */
  match(name: string): TemplateValues | null
  /** The name with its variables filled in; null when one is missing or an index would be negative. */
  render(values: TemplateValues): string | null
}

/** An index is sign * i + shift: `{i}` is 1, 0; `{i-1}` is 1, -1; `{3-i}` is -1, 3. Text has no sign. */
interface Placeholder {
  readonly variable: string
  readonly sign: 1 | -1 | 0
  readonly shift: number
}

/** @throws WeightsError 'bad-argument' for a placeholder of no known form */
export function compileTemplate(text: string): Template {
  const parts = text.split(/\{([^{}]*)\}/)
  const literals = parts.filter((_, i) => i % 2 === 0)
  const holes = parts.filter((_, i) => i % 2 === 1).map((hole) => parsePlaceholder(hole, text))
  const pattern = literals
    .map((literal, i) => {
      const hole = holes[i]
      const group = hole ? (hole.sign === 0 ? '(.+)' : '(0|[1-9][0-9]{0,8})') : ''
      return literal.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&') + group
    })
    .join('')
  const regex = new RegExp(`^${pattern}$`)
  return {
    match(name) {
      const found = regex.exec(name)
      if (!found) return null
      const values = new Map<string, number | string>()
      for (const [i, hole] of holes.entries()) {
        const seen = found[i + 1] ?? ''
        const value = hole.sign === 0 ? seen : hole.sign * (Number(seen) - hole.shift)
        if (typeof value === 'number' && value < 0) return null
        if (values.has(hole.variable) && values.get(hole.variable) !== value) return null
        values.set(hole.variable, value)
      }
      return values
    },
    render(values) {
      let name = literals[0] ?? ''
      for (const [i, hole] of holes.entries()) {
        const value = values.get(hole.variable)
        if (value === undefined) return null
        const shown = typeof value === 'number' ? hole.sign * value + hole.shift : value
        if (typeof shown === 'number' && shown < 0) return null
        name += `${shown}${literals[i + 1] ?? ''}`
      }
      return name
    },
  }
}

function parsePlaceholder(hole: string, template: string): Placeholder {
  const text = /^([a-z]+)\.\.\.$/.exec(hole)
  if (text?.[1]) return { variable: text[1], sign: 0, shift: 0 }
  const index = /^([a-z]+)(?:([+-])(\d+))?$/.exec(hole)
  if (index?.[1]) return { variable: index[1], sign: 1, shift: Number(`${index[2] ?? ''}${index[3] ?? 0}`) }
  const mirrored = /^(\d+)-([a-z]+)$/.exec(hole)
  if (mirrored?.[2]) return { variable: mirrored[2], sign: -1, shift: Number(mirrored[1]) }
  throw new WeightsError('bad-argument', `{${hole}} in '${template}': expected {i}, {i+1}, {i-1}, {3-i} or {rest...}`)
}
