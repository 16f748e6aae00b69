import { join } from 'node:path'
import { exec } from './exec.mjs'
import { root } from './workspace.mjs'

/** docs/cli.md as the command's own help has it. dist must be built. */
export async function cliDocs() {
  const help = async (...args) => {
    const main = join(root, 'packages/cli/dist/main.js')
    const { stdout } = await exec(process.execPath, [main, ...args, '--help'], {
      env: { ...process.env, COLUMNS: '120' },
    })
    return `\`\`\`text\n${stdout.trimEnd()}\n\`\`\`\n`
  }
  const whole = await help()
  const names = [...whole.matchAll(/^ {2}([a-z][a-z-]*) (?=.*\[|.*<|\s)/gm)]
    .map(([, name]) => name)
    .filter((name) => name !== 'help')
  const commands = []
  for (const name of names) commands.push(`## ${name}\n${await help(name)}`)
  return `# The command
Written by \`npx -y pnpm@12 docs:cli\` from \`--help\`; in a checkout \`npx -y pnpm@12 stablesig …\` runs it.

Exit codes: 0 done, 2 any error, usage included; \`detect\`, \`identify\`, \`trace\`, \`attribute\` and \`examine\` end with 0
when at least one image was found and 1 when none was, if none failed, and with 141 when their reader closed the pipe before all were decided;
\`sign\` ends with 1 when it did not reach what was asked for; 130 after Ctrl-C.
With \`--json\` standard output has one object per line and nothing else; progress and errors are on standard error, and an image
that cannot be read is a line
\`{ "file", "error": { "code", "message" } }\`.

${whole}
${commands.join('\n')}`
}
