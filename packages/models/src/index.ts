/** A model that this package ships. */
export interface ShippedModel {
  /** Names it wherever a line or a report tells which model was used. */
  readonly name: string
  readonly network: 'autoencoder' | 'extractor'
  /** Its safetensors: of a file on Node, of whatever serves this package in a browser. */
  readonly url: URL
  readonly bytes: number
  /** Of the whole file, lower-case hex. */
  readonly sha256: string
  /** What it was trained on and how, what it reaches and what not: Markdown. */
  readonly card: URL
}

/** An extractor that this package ships. */
export interface ShippedExtractor extends ShippedModel {
  /**
   * What decoders are signed with for it in the place of a preset's numbers, which are made for the published extractor: that one's logits
   * deviate by .136 on plain pictures of 128 px, and it reads fainter marks.
   */
  readonly recipe: {
    /** By name: texture may change more than smooth areas, where this extractor's marks are seen most. */
    readonly imageLoss: 'masked'
    /** Weight of that loss. */
    readonly lambdaImage: number
    /** What logits are multiplied by in the message loss. */
    readonly temperature: number
  }
}

/**
 * A latent autoencoder: images [N,H,W,3] to latents [N,H/8,W/8,16] and back, 1.46 million parameters in half precision.
 * For demonstrations and tests, and where a photograph is to be marked without a generator.
 */
export const AUTOENCODER_16: ShippedModel = {
  name: 'autoencoder-16',
  network: 'autoencoder',
  url: new URL('../weights/autoencoder-16.safetensors', import.meta.url),
  bytes: 2_924_918,
  sha256: '3c1048b7e9911b7fc4b76b295ebd63bd04aeaa7bff88d54b634bd5b9564108e3',
  card: new URL('../cards/autoencoder-16.md', import.meta.url),
}

/** A light extractor of 48 bits, whitened, 0.46 million parameters in half precision; 2.9 GFLOP to read a 256 px image. */
export const EXTRACTOR_48: ShippedExtractor = {
  recipe: { imageLoss: 'masked', lambdaImage: 900, temperature: 3.5 },
  name: 'extractor-48',
  network: 'extractor',
  url: new URL('../weights/extractor-48.safetensors', import.meta.url),
  bytes: 939_544,
  sha256: 'f55d3d75ad6498b601db3597cbb66f23114e6ff8e72159b90c9b7b26621d827c',
  card: new URL('../cards/extractor-48.md', import.meta.url),
}
