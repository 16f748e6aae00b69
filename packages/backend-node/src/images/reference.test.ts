import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { centreSquare } from '@stablesig/images'
import { expect, test } from 'vitest'
import { readImage } from './read-image.ts'

const root = resolve(import.meta.dirname, '../../../..')
const goldens = resolve(root, process.env.STABLESIG_GOLDENS ?? '../shared/goldens')
const data = resolve(root, process.env.STABLESIG_DATA ?? '../shared/data')
const golden = join(goldens, 'extractor/real-dec_48b_whit-256.safetensors')

test.skipIf(!existsSync(golden) || !existsSync(join(data, 'images')))(
  'a photograph is prepared at 256 px as Pillow prepares it, within one level',
  async () => {
    const cases: { name: string; args: { files: string[] } }[] = JSON.parse(
      readFileSync(join(goldens, 'extractor/cases.json'), 'utf8'),
    )
    const file = cases.find((c) => c.name === 'real-dec_48b_whit-256')!.args.files[0]!
    const bytes = readFileSync(golden)
    const start = 8 + Number(bytes.readBigUInt64LE(0))
    const header = JSON.parse(bytes.toString('utf8', 8, start))
    const [from, to] = header.images.data_offsets
    const want = bytes.subarray(start + from, start + to) // [1, 3, 256, 256]
    const got = centreSquare(await readImage(join(data, 'images/val', file)), 256)
    let worst = 0
    let off = 0
    for (let i = 0; i < 256 * 256; i++) {
      for (let c = 0; c < 3; c++) {
        const difference = Math.abs(got.data[i * 3 + c]! - want[c * 65536 + i]!)
        worst = Math.max(worst, difference)
        if (difference > 0) off++
      }
    }
    expect(worst).toBeLessThanOrEqual(1)
    expect(off).toBeLessThan(0.01 * want.length)
  },
)
