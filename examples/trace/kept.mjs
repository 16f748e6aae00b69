// @ts-check
import { readFile } from 'node:fs/promises'
import { writeFileAtomic } from '@stablesig/backend-node'
import { StableSigError } from '@stablesig/core'

/**
 * @typedef {object} Scores what an hour goes into, and what is printed comes of
 * @property {readonly import('@stablesig/core/tracing').CalibrationSet[]} calibrations
 * @property {readonly import('./scored.mjs').Result[]} results
 */

/**
 * Scores out of a file, or made and put there: another alpha or plot then takes no time.
 * @param {string | undefined} path nothing is kept without one
 * @param {string} setting what they were made with: scores of anything else are refused
 * @param {() => Promise<Scores>} make
 * @returns {Promise<Scores>}
 */
export async function kept(path, setting, make) {
  const text = path && (await textOf(path))
  if (path && text) return read(path, text, setting)
  const { calibrations, results } = await make()
  if (path) {
    const entries = results.map((result) => ({ ...result, scores: [...result.scores] }))
    await writeFileAtomic(path, `${JSON.stringify({ setting, calibrations, results: entries })}\n`)
  }
  return { calibrations, results }
}

/** @param {string} path @returns {Promise<string | null>} null where nothing is there yet */
const textOf = (path) =>
  readFile(path, 'utf8').catch((error) => {
    if (error.code === 'ENOENT') return null
    throw new StableSigError('io', `${path}: cannot read the scores that may be there: ${error.message}`, {
      cause: error,
    })
  })

/** @param {string} path @param {string} text @param {string} setting @returns {Scores} */
function read(path, text, setting) {
  const { setting: before, calibrations, results } = parsed(path, text)
  if (before !== setting)
    throw new StableSigError('bad-argument', `${path} has scores of ${before}, expected ${setting}: name another file`)
  return {
    calibrations,
    results: results.map((/** @type {{ scores: Iterable<[string, number[]]> }} */ { scores, ...result }) => ({
      ...result,
      scores: new Map(scores),
    })),
  }
}

/** @param {string} path @param {string} text */
function parsed(path, text) {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new StableSigError('bad-argument', `${path} is not what --scores writes: name another file`, { cause })
  }
}
