import { afterEach, expect, test, vi } from 'vitest'
import { jpegJsCodec } from './jpeg-js-codec.ts'

afterEach(() => {
  vi.unstubAllGlobals()
})

const picture = {
  width: 19,
  height: 11,
  data: Uint8Array.from({ length: 19 * 11 * 3 }, (_, i) => 128 + 90 * Math.sin(0.06 * i)),
}
const whole = { format: 'jpeg', quality: 95, subsampling: '4:4:4' } as const

test('writes JPEG files and reads them, also where there is no Buffer', async () => {
  const codec = jpegJsCodec()
  const bytes = await codec.encode(picture, whole)
  expect([...bytes.subarray(0, 3)]).toEqual([0xff, 0xd8, 0xff])
  const { Buffer } = globalThis
  Reflect.deleteProperty(globalThis, 'Buffer')
  try {
    expect([...(await codec.encode(picture, whole))]).toEqual([...bytes])
    expect('Buffer' in globalThis).toBe(false)
    const back = await codec.decode(bytes)
    expect([back.width, back.height, back.data.length]).toEqual([19, 11, 19 * 11 * 3])
    const error = back.data.reduce((sum, level, i) => sum + Math.abs(level - picture.data[i]!), 0) / back.data.length
    expect(error).toBeLessThan(4)
  } finally {
    globalThis.Buffer = Buffer
  }
})

test('says what it lacks, and what it cannot read', async () => {
  const codec = jpegJsCodec()
  await expect(codec.encode(picture, { ...whole, subsampling: '4:2:0' })).rejects.toThrow('ask for jpeg:95,4:4:4')
  await expect(codec.encode(picture, { format: 'webp', quality: 80 })).rejects.toMatchObject({ code: 'unsupported' })
  await expect(codec.decode(Uint8Array.from([0xff, 0xd8, 1, 2]))).rejects.toMatchObject({ code: 'bad-image' })
})
