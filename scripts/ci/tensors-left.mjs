// Imported before a program by `node --import`: when the program ends, writes to the file in STABLESIG_TENSORS_LEFT how many tensors
// it left.
import { writeFileSync } from 'node:fs'
import { getBackend, memory } from '@tensorflow/tfjs-core'

const file = process.env.STABLESIG_TENSORS_LEFT
process.on('exit', () => {
  if (file && getBackend()) writeFileSync(file, String(memory().numTensors))
})
