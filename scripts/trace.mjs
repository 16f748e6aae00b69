// `npx -y pnpm@12 trace FILE`: what a trace says (STABLESIG_TRACE=FILE, see docs/engine.md), in brief.
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'

const [file] = process.argv.slice(2)
if (!file) {
  console.error('usage: trace FILE, which a program wrote that ran with STABLESIG_TRACE=FILE')
  process.exit(2)
}
const lines = read(resolve(process.env.INIT_CWD ?? process.cwd(), file))
const flushes = lines.filter((line) => line.ms)
const times = new Map(lines.filter((line) => line.operatorMs).map((line) => [line.flush, line.operatorMs]))
if (flushes.length === 0) {
  console.error(`${file} holds no trace`)
  process.exit(2)
}

const sum = (numbers) => numbers.reduce((total, number) => total + number, 0)
const s = (ms) => `${(ms / 1e3).toFixed(ms < 1e3 ? 3 : 2)} s`
const mb = (bytes) => `${(bytes / 2 ** 20).toFixed(0)} MB`
const most = (field) => Math.max(...flushes.map((flush) => flush[field]))
const preparing = ({ ms }) => ms.key + ms.compile + ms.session

const compiled = flushes.filter(({ compileReason }) => compileReason !== null)
console.log(
  `${flushes.length} flushes: ${s(sum(flushes.map(({ ms }) => ms.run)))} running, ` +
    `${s(sum(flushes.map(preparing)))} preparing; ${compiled.length} compiled, ${flushes.length - compiled.length} found their session`,
)
console.log(
  `at most ${most('sessions')} sessions with ${mb(most('allWorkBytes'))} of work space (estimated) and ` +
    `${mb(most('constantBytes'))} of constants; ${mb(most('pooledBytes'))} of arrays kept for results`,
)

console.log('\ncompiles')
for (const flush of compiled) {
  const { ms } = flush
  const parts = `lowering and passes ${s(ms.compile)}, session ${s(ms.session)}`
  console.log(`  flush ${flush.flush}: ${s(preparing(flush))} (${parts}): ${flush.compileReason.slice(0, 300)}`)
}

console.log('\nsessions, by time')
const bySession = grouped(flushes)
const total = (list) => sum(list.map(({ ms }) => ms.run))
for (const [session, list] of [...bySession].sort(([, a], [, b]) => total(b) - total(a)).slice(0, 10)) {
  const { operators, workBytes, inputBytes, outputBytes } = list.at(-1)
  const runs = list.map(({ ms }) => ms.run).sort((a, b) => a - b)
  console.log(
    `  session ${session ?? '?'}: ${list.length} runs, ${s(total(list))}, median ${s(runs[runs.length >> 1])}; ` +
      `${sum(Object.values(operators))} nodes, ${mb(workBytes)} of work space, ${mb(inputBytes)} in, ${mb(outputBytes)} out`,
  )
  console.log(`    nodes: ${listed(operators, (count) => count)}`)
  const measured = list.flatMap(({ flush }) => times.get(flush) ?? [])
  if (measured.length === 0) continue
  const operatorMs = {}
  for (const run of measured)
    for (const [name, ms] of Object.entries(run)) operatorMs[name] = (operatorMs[name] ?? 0) + ms
  const all = sum(Object.values(operatorMs))
  console.log(`    time:  ${listed(operatorMs, (ms) => `${((100 * ms) / all).toFixed(0)}%`)}`)
}
if (times.size === 0) console.log('\nno times by operator: they come with STABLESIG_TRACE_OPERATORS=1')

/** The largest entries, largest first. */
function listed(of, said) {
  const entries = Object.entries(of).sort(([, a], [, b]) => b - a)
  const shown = entries.slice(0, 10).map(([name, value]) => `${name} ${said(value)}`)
  return shown.join(', ') + (entries.length > 10 ? ', …' : '')
}

/** By session, in the order of their first runs. */
function grouped(list) {
  const groups = new Map()
  for (const item of list) groups.set(item.session, [...(groups.get(item.session) ?? []), item])
  return groups
}

/** A trace's lines. */
function read(path) {
  try {
    const lines = readFileSync(path, 'utf8').split('\n').filter(Boolean)
    return lines.map((line) => JSON.parse(line))
  } catch (error) {
    console.error(
      error instanceof SyntaxError ? `${file} is no trace: ${error.message}` : `cannot read ${file}: ${error.message}`,
    )
    process.exit(2)
  }
}
