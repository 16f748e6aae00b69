/** What may happen to an image on its way, at a strength of 0 to 100. */
export interface Attack {
  readonly name: string
  /** The strength in words: 'quality 40'. */
  describe(strength: number): string
  /** The attacked image; the given one stays as it is. */
  apply(image: ImageBitmap, strength: number): Promise<ImageBitmap>
}

const share = (strength: number, from: number, to: number): number => from + ((to - from) * strength) / 100

/** Draws into a canvas of a size and gives what is there. */
async function drawn(
  width: number,
  height: number,
  draw: (context: OffscreenCanvasRenderingContext2D) => void,
): Promise<OffscreenCanvas> {
  const canvas = new OffscreenCanvas(Math.max(1, Math.round(width)), Math.max(1, Math.round(height)))
  const context = canvas.getContext('2d')
  if (!context) throw new Error('this browser gives no canvas')
  context.imageSmoothingQuality = 'high'
  draw(context)
  return canvas
}

const filtered = async (image: ImageBitmap, filter: string): Promise<ImageBitmap> =>
  createImageBitmap(
    await drawn(image.width, image.height, (context) => {
      context.filter = filter
      context.drawImage(image, 0, 0)
    }),
  )

const percent = (value: number): string => `${Math.round(100 * value)}%`

const jpeg: Attack = {
  name: 'JPEG',
  describe: (strength) => `quality ${Math.round(share(strength, 100, 10))}`,
  async apply(image, strength) {
    const canvas = await drawn(image.width, image.height, (context) => context.drawImage(image, 0, 0))
    return createImageBitmap(await canvas.convertToBlob({ type: 'image/jpeg', quality: share(strength, 1, 0.1) }))
  },
}

const crop: Attack = {
  name: 'Crop',
  describe: (strength) => `${percent(share(strength, 1, 0.1))} of its area`,
  apply(image, strength) {
    const side = Math.sqrt(share(strength, 1, 0.1))
    const [width, height] = [Math.round(image.width * side), Math.round(image.height * side)]
    return createImageBitmap(
      image,
      Math.round((image.width - width) / 2),
      Math.round((image.height - height) / 2),
      Math.max(1, width),
      Math.max(1, height),
    )
  },
}

const resize: Attack = {
  name: 'Resize',
  describe: (strength) => `${percent(share(strength, 1, 0.2))} of its sides`,
  apply: async (image, strength) => {
    const side = share(strength, 1, 0.2)
    return createImageBitmap(
      await drawn(image.width * side, image.height * side, (context) =>
        context.drawImage(image, 0, 0, context.canvas.width, context.canvas.height),
      ),
    )
  },
}

const rotate: Attack = {
  name: 'Rotate',
  describe: (strength) => `${Math.round(share(strength, 0, 45))}°`,
  apply: async (image, strength) =>
    createImageBitmap(
      await drawn(image.width, image.height, (context) => {
        context.translate(image.width / 2, image.height / 2)
        context.rotate((share(strength, 0, 45) * Math.PI) / 180)
        context.drawImage(image, -image.width / 2, -image.height / 2)
      }),
    ),
}

const brighten: Attack = {
  name: 'Brighten',
  describe: (strength) => `${share(strength, 1, 3).toFixed(1)} times as bright`,
  apply: (image, strength) => filtered(image, `brightness(${share(strength, 1, 3)})`),
}

const blur: Attack = {
  name: 'Blur',
  describe: (strength) => `${share(strength, 0, 6).toFixed(1)} pixels`,
  apply: (image, strength) => filtered(image, `blur(${share(strength, 0, 6)}px)`),
}

export const ATTACKS: readonly Attack[] = [jpeg, crop, resize, rotate, brighten, blur]
