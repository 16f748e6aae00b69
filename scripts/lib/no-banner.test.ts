import { expect, test } from 'vitest'
import { noBanner } from './no-banner.mjs'

test('what TensorFlow.js says about itself is found, whichever stream it goes to', () => {
  const greeting = 'Hi, looks like you are running TensorFlow.js in Node.js. To speed things up dramatically, install …'
  const platform = 'Platform node has already been set. Overwriting the platform with node.'
  for (const said of [greeting, platform]) {
    expect(() => noBanner({ stdout: 'true 45 of 48 bits\n', stderr: `\n${said}\n` })).toThrow(said)
    expect(() => noBanner({ stdout: `${said}\n`, stderr: '' })).toThrow(said)
  }
  const quiet = { stdout: 'true 45 of 48 bits\n', stderr: 'step 1 of 2\n' }
  expect(noBanner(quiet)).toBe(quiet)
})
