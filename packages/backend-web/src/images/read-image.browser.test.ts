import { beforeAll, describe, expect, test } from 'vitest'
import { type PictureOfNode, picturesOfNode } from '../testing/pictures.ts'
import { readImage } from './read-image.ts'

let pictures: readonly PictureOfNode[] = []
beforeAll(async () => {
  pictures = await picturesOfNode()
})
const picture = (name: string): PictureOfNode => {
  const found = pictures.find((one) => one.name === name)
  if (!found) throw new Error(`no picture is called ${name}`)
  return found
}
const blob = ({ file }: PictureOfNode) => new Blob([new Uint8Array(file)])
const greatestDifference = (a: Uint8Array, b: Uint8Array) => {
  if (a.length !== b.length) throw new Error(`${a.length} bytes, not ${b.length}`)
  return a.reduce((most, level, i) => Math.max(most, Math.abs(level - b[i]!)), 0)
}
const badImage = (message: RegExp) =>
  expect.objectContaining({ code: 'bad-image', message: expect.stringMatching(message) })

describe('files', () => {
  test('of twenty kinds are read as Node reads them, within one level', async () => {
    const worst: Record<string, number> = {}
    for (const { name, file, width, height, data } of pictures) {
      const image = await readImage(file, { name })
      expect([name, image.width, image.height]).toEqual([name, width, height])
      worst[name] = greatestDifference(image.data, data)
    }
    expect(Object.keys(worst)).toHaveLength(20)
    expect(Object.entries(worst).filter(([, levels]) => levels > 1)).toEqual([])
  })

  test('are named by their name, and read from a Blob as from bytes', async () => {
    const { file } = picture('png')
    const image = await readImage(new File([new Uint8Array(file)], 'holiday.png'))
    expect(image.name).toBe('holiday.png')
    expect((await readImage(blob(picture('png')))).data).toEqual(image.data)
  })

  test('that are damaged, cut off, or no image are errors', async () => {
    const { file } = picture('jpeg 4:2:0')
    await expect(readImage(file.subarray(0, 900), { name: 'x.jpg' })).rejects.toEqual(
      badImage(/^x\.jpg: it is cut off/),
    )
    await expect(readImage(new Uint8Array(0))).rejects.toEqual(badImage(/empty/))
    await expect(readImage(new Uint8Array(64))).rejects.toEqual(badImage(/known format/))
    const tiff = Uint8Array.of(0x49, 0x49, 42, 0, 8, 0, 0, 0)
    await expect(readImage(tiff)).rejects.toEqual(badImage(/TIFF is not read in browsers/))
  })

  test('larger than allowed are refused before they are decoded', async () => {
    const limit = expect.objectContaining({ code: 'limit' })
    await expect(readImage(picture('png').file, { maxPixels: 120 * 88 - 1 })).rejects.toEqual(limit)
    await expect(readImage(picture('png').file, { maxBytes: 100 })).rejects.toEqual(limit)
  })

  test('are made smaller as Node makes them', async () => {
    const image = await readImage(picture('png').file, { maxSide: 60 })
    expect([image.width, image.height]).toEqual([60, 44])
    expect((await readImage(picture('png').file, { size: 32 })).data).toHaveLength(32 * 32 * 3)
  })
})

describe('what the page shows', () => {
  test('bitmaps, canvases, image data and video frames give the pixels of the file', async () => {
    const { file, width, height, data } = picture('png')
    const bitmap = await createImageBitmap(blob(picture('png')))
    const canvas = document.createElement('canvas')
    Object.assign(canvas, { width, height })
    const context = canvas.getContext('2d')!
    context.drawImage(bitmap, 0, 0)
    const offscreen = new OffscreenCanvas(width, height)
    offscreen.getContext('2d')!.drawImage(bitmap, 0, 0)
    const frame = new VideoFrame(canvas, { timestamp: 0 })
    const element = new Image()
    element.src = URL.createObjectURL(new Blob([new Uint8Array(file)], { type: 'image/png' }))
    await element.decode()
    const shown = { bitmap, canvas, offscreen, frame, element, imageData: context.getImageData(0, 0, width, height) }
    for (const [name, input] of Object.entries(shown)) {
      const image = await readImage(input, { name })
      expect([name, image.width, image.height, greatestDifference(image.data, data)]).toEqual([name, width, height, 0])
    }
    frame.close()
    bitmap.close()
  })

  test('what has not loaded, and what is no picture, are errors', async () => {
    await expect(readImage(new Image())).rejects.toEqual(badImage(/has no pixel, or has not loaded yet/))
    // @ts-expect-error: as callers without types may have it
    await expect(readImage('photo.png')).rejects.toMatchObject({ code: 'bad-argument' })
  })
})
