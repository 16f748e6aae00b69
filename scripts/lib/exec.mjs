import { spawn } from 'node:child_process'

/**
 * Runs a command to its end.
 * @param {string} command
 * @param {string[]} args
 * @param {import('node:child_process').SpawnOptions & { input?: string, accept?: number[] }} [options] accept: exit codes that are fine
 * @returns {Promise<{ code: number | null, stdout: string, stderr: string }>}
 * @throws Error with what it printed, on any other exit code
 */
export function exec(command, args, { input = '', accept = [0], ...options } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { ...options, stdio: ['pipe', 'pipe', 'pipe'] })
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', (text) => {
      stdout += text
    })
    child.stderr.setEncoding('utf8').on('data', (text) => {
      stderr += text
    })
    child.on('error', reject)
    child.on('close', (code, signal) => {
      if (code !== null && accept.includes(code)) return resolve({ code, stdout, stderr })
      reject(new Error(`${command} ${args.join(' ')}: ended with ${signal ?? code}\n${stdout}${stderr}`.trimEnd()))
    })
    child.stdin.on('error', () => {}).end(input)
  })
}

/** pnpm as the workspace asks for it, quiet about itself. */
export const pnpm = (args, options) => exec('npx', ['-y', 'pnpm@12', ...args], options)
