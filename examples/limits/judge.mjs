// @ts-check
import { decide, Registry } from '@stablesig/core'
import { readLogits } from '@stablesig/core/detection'
import { randomKeys } from '@stablesig/core/key'
import { psnrOfImages } from '@stablesig/core/metrics'

/**
 * @typedef {import('@stablesig/core').UnitImages} UnitImages
 * @typedef {import('./users.mjs').User} User
 */

/** A false-positive rate for one key, and for all users of the registry together. */
export const FPR = 1e-6
const COLUMNS = ['bits right', 'detected', 'identified', 'wrongly accused', 'PSNR']
const WIDTHS = [12, 12, 12, 17, 8]
const NAME = 44

/**
 * Users, and as many others as make `size` of them.
 * @param {number} bits
 * @param {readonly { readonly name: string, readonly key: import('@stablesig/core').Key }[]} users
 * @param {number} size
 */
export function registryOf(bits, users, size) {
  const registry = new Registry(bits)
  for (const { name, key } of users) registry.add(name, key)
  for (const [i, key] of randomKeys(size - users.length, bits, { seed: 'others' }).entries())
    registry.add(`other-${i}`, key)
  return registry
}

/** Reads attacked pictures and decides as an operator does, with the keys and among all users. */
export class Judge {
  #extractor
  #registry

  /**
   * @param {import('@stablesig/core').Extractor} extractor
   * @param {readonly User[]} users
   * @param {number} size users of the registry in all
   */
  constructor(extractor, users, size) {
    this.#extractor = extractor
    this.#registry = registryOf(extractor.bits, users, size)
    /** @type {Map<string, number[]>} bits right, detected, identified, accused wrongly, dB, pictures, bits */
    this.sums = new Map()
  }

  /** @param {string} section */
  head(section) {
    this.sums.clear()
    print(section, COLUMNS)
  }

  /**
   * Counts pictures under a name of an attack.
   * @param {string} attack
   * @param {UnitImages} images on levels of 8 bits
   * @param {UnitImages | null} reference what PSNR is taken to; null where sizes differ
   * @param {readonly User[]} owners whose keys might be there: bits are counted against the best of them
   * @param {{ readonly innocent?: boolean }} [options] innocent owners made none of these pictures: to accuse them is wrong
   */
  async count(attack, images, reference, owners, { innocent = false } = {}) {
    const sums = this.sums.get(attack) ?? [0, 0, 0, 0, 0, 0, 0]
    this.sums.set(attack, sums)
    const add = (/** @type {number} */ place, /** @type {number} */ value) => {
      sums[place] = (sums[place] ?? 0) + value
    }
    for (const outcome of await readLogits(images, { extractor: this.#extractor })) {
      if (!outcome.ok) throw outcome.error
      const found = owners.map(({ key }) => decide(outcome.value, { key, fpr: FPR }))
      add(0, Math.max(...found.map(({ matches }) => matches)))
      add(1, Number(found.some(({ detected }) => detected)))
      const { user } = decide(outcome.value, { registry: this.#registry, fpr: FPR })
      const right = !innocent && owners.some(({ name }) => name === user)
      add(2, Number(user !== null && right))
      add(3, Number(user !== null && !right))
      add(5, 1)
      add(6, this.#extractor.bits)
    }
    if (!reference) return add(4, Number.NaN)
    const psnr = psnrOfImages(images, reference)
    for (const value of await psnr.data()) add(4, value)
    psnr.dispose()
  }

  /**
   * @param {string} attack
   * @param {string} [label] what the row is called, where it is not the attack
   */
  show(attack, label = attack) {
    const [right = 0, detected = 0, identified = 0, wrong = 0, decibels = 0, pictures = 0, bits = 0] =
      this.sums.get(attack) ?? []
    const of = (/** @type {number} */ count) => `${count} of ${pictures}`
    const psnr = Number.isFinite(decibels) ? (decibels / pictures).toFixed(1) : '–'
    print(label, [(right / bits).toFixed(3), of(detected), of(identified), of(wrong), psnr])
  }
}

/**
 * @param {string} name
 * @param {readonly string[]} cells
 */
function print(name, cells) {
  console.log(`${name.padEnd(NAME)}${cells.map((cell, i) => cell.padStart(WIDTHS[i] ?? 0)).join('')}`)
}
