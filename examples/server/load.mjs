// @ts-check
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import sharp from 'sharp'

const LIMIT = { healthMs: 50, largeSeconds: 10, growth: 1.1 }
/** One image in so many is large. */
const LARGE_EVERY = 5
const WARM_UP = 10

/**
 * Starts the server in a process of its own, sends it images, and asks for its health every 20 ms all the while. Prints figures.
 * @param {string} program
 * @param {number} [requests]
 * @param {number} [concurrency]
 * @returns {Promise<number>} exit code: 1 where a figure is beyond its limit
 */
export async function load(program, requests = 200, concurrency = 8) {
  const [small, large] = await pictures()
  const server = spawn(process.execPath, [program], {
    env: { ...process.env, PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(server, 'exit')
  const [line] = await Promise.race([once(createInterface({ input: server.stdout }), 'line'), ended])
  const url = /http:\S+/.exec(String(line))?.[0]
  if (!url) throw new Error(`the server did not start: ${line}`)
  const agent = new Agent({ keepAlive: true })
  try {
    /** @param {number} i */
    const upload = async (i) => {
      const isLarge = i % LARGE_EVERY === LARGE_EVERY - 1
      const { status, body, ms } = await send(agent, url, isLarge ? large : small)
      if (status !== 200) throw new Error(`request ${i}: ${status} ${body}`)
      return ms
    }
    for (let i = 0; i < WARM_UP; i++) await upload(i)
    const earlier = await memory(agent, url)
    const oneLarge = (await upload(LARGE_EVERY - 1)) / 1000
    const before = await memory(agent, url)
    const processor = before.processorSeconds - earlier.processorSeconds
    const health = watch(url)
    const began = performance.now()
    let next = 0
    await Promise.all(
      Array.from({ length: concurrency }, async () => {
        while (next < requests) await upload(next++)
      }),
    )
    const seconds = (performance.now() - began) / 1000
    const delays = (await health.stop()).sort((a, b) => a - b)
    const after = await memory(agent, url)

    const largest = delays.at(-1) ?? Number.NaN
    const growth = after.rss / before.rss
    const leaked = after.tensors - before.tensors
    const at = (/** @type {number} */ share) => (delays[Math.floor(delays.length * share)] ?? Number.NaN).toFixed(1)
    const MB = (/** @type {number} */ bytes) => `${(bytes / 2 ** 20).toFixed(0)} MB`
    console.log(
      `${requests} images, one in ${LARGE_EVERY} of 12 megapixels, ${concurrency} at a time: ${seconds.toFixed(1)} s`,
    )
    console.log(`one of 12 megapixels alone: ${oneLarge.toFixed(1)} s, of the processor ${processor.toFixed(1)} s`)
    console.log(`health, ${delays.length} times: median ${at(0.5)}, 99% ${at(0.99)}, longest ${largest.toFixed(1)} ms`)
    console.log(
      `memory: ${MB(before.rss)} after ${WARM_UP} images, ${MB(after.rss)} at the end; tensors ${before.tensors}, ${after.tensors}`,
    )
    /** @type {[string, boolean][]} */
    const limits = [
      [`health below ${LIMIT.healthMs} ms`, largest < LIMIT.healthMs],
      [`12 megapixels below ${LIMIT.largeSeconds} s`, oneLarge < LIMIT.largeSeconds],
      [`memory grows by less than a tenth`, growth < LIMIT.growth],
      ['no tensor leaked', leaked === 0],
    ]
    // Still reading when it is told to end.
    let reading = true
    const last = upload(LARGE_EVERY - 1).finally(() => {
      reading = false
    })
    while (reading && !(await send(agent, `${url}/health`)).body.includes('"pending":1')) await pause(20)
    server.kill('SIGTERM')
    await last
    const [code] = await ended
    limits.push(['the server ended in order', code === 0])
    for (const [name, holds] of limits) console.log(`${holds ? 'holds ' : 'FAILS '} ${name}`)
    return limits.every(([, holds]) => holds) ? 0 : 1
  } finally {
    agent.destroy()
    server.kill('SIGKILL')
  }
}

/** Asks for /health every 20 ms until it is stopped. @param {string} url */
function watch(url) {
  const agent = new Agent({ keepAlive: true })
  /** @type {number[]} */
  const delays = []
  let stopped = false
  const running = (async () => {
    while (!stopped) {
      delays.push((await send(agent, `${url}/health`)).ms)
      await pause(20)
    }
    agent.destroy()
  })()
  return {
    async stop() {
      stopped = true
      await running
      return delays
    },
  }
}

/** @param {Agent} agent @param {string} url @returns {Promise<{ rss: number, tensors: number, processorSeconds: number }>} */
const memory = async (agent, url) => JSON.parse((await send(agent, `${url}/memory`)).body)

/**
 * @param {Agent} agent
 * @param {string} url
 * @param {Buffer} [image] to post; a GET without
 * @returns {Promise<{ status: number, body: string, ms: number }>}
 */
function send(agent, url, image) {
  return new Promise((resolve, reject) => {
    const began = performance.now()
    const sent = request(url, { agent, method: image ? 'POST' : 'GET' }, async (response) => {
      let body = ''
      for await (const chunk of response.setEncoding('utf8')) body += chunk
      resolve({ status: response.statusCode ?? 0, body, ms: performance.now() - began })
    })
    sent.on('error', reject).end(image)
  })
}

/** JPEG files of 0.2 and of 12 megapixels: a photograph of STABLESIG_DATA, or noise made smooth. */
async function pictures() {
  const { STABLESIG_DATA: data } = process.env
  const folder = data && join(data, 'images/val')
  const [photograph] = folder ? readdirSync(folder) : []
  const noise = {
    width: 200,
    height: 150,
    channels: /** @type {const} */ (3),
    noise: { type: /** @type {const} */ ('gaussian'), mean: 128, sigma: 60 },
  }
  const source =
    folder && photograph
      ? await sharp(join(folder, photograph)).toBuffer()
      : await sharp({ create: { ...noise, background: 'grey' } })
          .png()
          .toBuffer()
  const sized = (/** @type {number} */ width, /** @type {number} */ height) =>
    sharp(source).resize(width, height, { fit: 'fill' }).jpeg({ quality: 92 }).toBuffer()
  return Promise.all([sized(512, 384), sized(4000, 3000)])
}
