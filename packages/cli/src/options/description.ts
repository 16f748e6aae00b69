import type { Io } from '../io.ts'

/** An option. Its name is that of its property: `untilBits` is typed as --until-bits. */
export interface OptionDescription {
  readonly help: string
  /** Placeholder of the value behind it: '<n>', or '<files...>' for several. A flag has none. */
  readonly value?: `<${string}>`
  /** Whether it may be typed several times, with one value each: arguments may then follow it, as they may not follow '<files...>'. */
  readonly repeated?: true
  /** One letter or digit, typed behind a single dash. */
  readonly short?: string
  /** What the text as typed means; it throws commander's InvalidArgumentError. Without it the text is the value. */
  readonly read?: (text: string) => unknown
  /** Texts of which the value is one. */
  readonly choices?: readonly string[]
  readonly default?: unknown
  readonly required?: true
  /** Which of the project's own models stands in where none is named: see shipped.ts. */
  readonly shipped?: 'extractor' | 'autoencoder'
  /** Whether what is written goes there: nothing that is read may lie there then. */
  readonly writes?: true
  /** Property of another option that cannot be used together with this one. */
  readonly conflicts?: string
}

/** An argument without an option's name, in the place of its property among the others. */
export interface ArgumentDescription {
  readonly help: string
  readonly choices?: readonly string[]
  /** Whether it takes all that are left, or none. */
  readonly several?: true
}

export type Options = Readonly<Record<string, OptionDescription>>
export type Arguments = Readonly<Record<string, ArgumentDescription>>

/** All that is known of a command but what it does: its help, and the types of what it is given. */
export interface CommandDescription<A extends Arguments = Arguments, O extends Options = Options> {
  readonly name: string
  readonly summary: string
  readonly arguments?: A
  readonly options: O
  /** Whole command lines. */
  readonly examples: readonly string[]
  /** Whether its exit code says what was found, which it cannot where a reader closes the pipe before the end. */
  readonly decides?: true
  /** Whether a signal ends it where it stands. Without it a command looks at its signal itself, and ends as it must. */
  readonly endsAtOnce?: true
}

type ValueOf<O extends OptionDescription> = O extends { readonly repeated: true } ? readonly OneOf<O>[] : OneOf<O>

type OneOf<O extends OptionDescription> = O extends { readonly choices: readonly (infer Choice)[] }
  ? Choice
  : O extends { readonly read: (text: string) => infer Value }
    ? Value
    : O extends { readonly value: `<${string}...>` }
      ? readonly string[]
      : O extends { readonly value: string }
        ? string
        : boolean

/** Options that are there whatever is typed. */
type Given<O extends Options> = {
  [Name in keyof O]: O[Name] extends
    | { readonly required: true }
    | { readonly default: unknown }
    | { readonly shipped: 'extractor' }
    ? Name
    : never
}[keyof O]

/** What a command gets for its options, by their description. */
export type OptionsOf<O extends Options> = { readonly [Name in Given<O>]: ValueOf<O[Name]> } & {
  readonly [Name in Exclude<keyof O, Given<O>>]?: ValueOf<O[Name]>
}

type ArgumentOf<A extends ArgumentDescription> = A extends { readonly several: true }
  ? readonly string[]
  : A extends { readonly choices: readonly (infer Choice)[] }
    ? Choice
    : string

/** Nothing where none is described: an index signature would hold options to be texts. */
type ArgumentsOf<A extends Arguments> = string extends keyof A
  ? unknown
  : { readonly [Name in keyof A]: ArgumentOf<A[Name]> }

/** What a command is run with: its arguments and options by their names. */
export type GivenOf<D> = D extends CommandDescription<infer A, infer O> ? ArgumentsOf<A> & OptionsOf<O> : never

/** What a described command does. @returns its exit code */
export type Work<D> = (given: GivenOf<D>, io: Io) => Promise<number>

/** A description whose types are as narrow as what is written: commands derive theirs from it. */
export const defineCommand = <const A extends Arguments, const O extends Options>(
  description: CommandDescription<A, O> & { readonly options: { readonly [Name in keyof O]: Defaulted<O[Name]> } },
): CommandDescription<A, O> => description

/** Holds a default to what the option may be. */
interface Defaulted<O extends OptionDescription> {
  readonly default?: ValueOf<O>
}
