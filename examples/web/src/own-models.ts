import { AUTOENCODER_16, EXTRACTOR_48 } from '@stablesig/models'

/** The extractor that the page opens without being asked for a file: the project's own. */
export const OWN_EXTRACTOR = EXTRACTOR_48

/** Bits that it reads. */
export const OWN_BITS = 48

/** The autoencoder whose decoder the page signs. */
export const OWN_AUTOENCODER = AUTOENCODER_16
