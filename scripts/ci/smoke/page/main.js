import { decide } from './decide.js'

decide().catch((error) => {
  document.title = `failed: ${error.message}`
})
