/** A model that the page offers without being asked for a file. */
export interface OwnModel {
  readonly url: string
  /** SHA-256 of the file, in hex: what the browser keeps it under, and holds it to. */
  readonly sha256: string
}

/** Where the project's own extractor is served. The page offers none yet: a visitor brings one. */
export const OWN_EXTRACTOR: OwnModel | null = null
