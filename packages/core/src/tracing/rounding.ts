/** Mean squared error that rounding to 8 bits makes of values in [0, 1]: the variance of a uniform error of one level. */
export const ROUNDING_ERROR = 1 / (12 * 255 ** 2)

/**
 * Share of the first loss that an inversion leaves beyond what it must. Of a picture that the decoder made, rounded to 8 bits, the
 * best latent still misses the rounding error; but the part of that error that lies along the decoder's outputs, dim z of dim x
 * directions, is fitted:
 *   (least - (1 - dim z/dim x)/(12·255²)) / first
 * About 0 for belonging images that were saved without loss, also below it.
 * @param least the least mean squared error found
 * @param first that of the latent it began with
 * @param latentSize values of the latents
 * @param imageSize values of the images
 */
export const excessOf = (least: number, first: number, latentSize: number, imageSize: number): number =>
  (least - (1 - latentSize / imageSize) * ROUNDING_ERROR) / first
