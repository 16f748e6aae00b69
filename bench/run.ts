import { spawn } from 'node:child_process'

/**
 * Runs a program in a process of its own and gives the last line of its standard output as JSON: what every measured program
 * ends with. Its other text is passed on to standard error.
 * @throws Error with the end of what it said, when it fails or its last line is no JSON
 */
export function runForJson(command: string, args: readonly string[]): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    let out = ''
    let err = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      err += text
    })
    child.on('error', reject)
    child.on('close', (code) => {
      const last = out.trim().split('\n').at(-1) ?? ''
      try {
        if (code !== 0) throw new Error(`exit code ${code}`)
        resolve(JSON.parse(last))
      } catch (cause) {
        reject(new Error(`${command} ${args.join(' ')}\n${(out + err).trim().slice(-2000)}`, { cause }))
      }
    })
  })
}

/** A number of an object of unknown shape. @throws Error naming the field when it is not there */
export function numberOf(value: unknown, field: string): number {
  const found = typeof value === 'object' && value !== null ? Reflect.get(value, field) : undefined
  if (typeof found !== 'number') throw new Error(`no number '${field}' in ${JSON.stringify(value)}`)
  return found
}
