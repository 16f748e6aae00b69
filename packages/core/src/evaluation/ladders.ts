/** How a network that pictures are posted to may treat them: a name, and the attack that stands for it. */
export interface CompressionLadder {
  readonly name: string
  /** As `parseTransforms` reads it. */
  readonly attack: string
}

/**
 * Ladders of resizing and recompression as social networks and messengers apply them: the longer side is brought down to a limit and the
 * picture is stored as JPEG; whoever passes it on has it done again. Sides and qualities are typical ones. They are not those of any
 * one network, which change without notice; a picture below a side keeps its size.
 */
export const COMPRESSION_LADDERS: readonly CompressionLadder[] = [
  { name: 'large', attack: 'fit:2048+jpeg:85' },
  { name: 'medium', attack: 'fit:1600+jpeg:75' },
  { name: 'small', attack: 'fit:1080+jpeg:70' },
  { name: 'large twice', attack: 'fit:2048+jpeg:85+fit:2048+jpeg:85' },
  { name: 'medium, then small', attack: 'fit:1600+jpeg:75+fit:1080+jpeg:70' },
  { name: 'small twice', attack: 'fit:1080+jpeg:70+fit:1080+jpeg:70' },
]
