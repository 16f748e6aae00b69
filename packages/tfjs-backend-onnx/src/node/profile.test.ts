import { expect, test } from 'vitest'
import { operatorTimes } from './profile.ts'

const node = (op_name: string, ts: number, dur: number) => ({
  cat: 'Node',
  name: `${op_name}_kernel_time`,
  ts,
  dur,
  args: { op_name },
})

test('what a scan repeats counts once, as itself', () => {
  const profile = [
    { cat: 'Session', name: 'model_run', ts: 0, dur: 100_000, args: {} },
    node('Scan', 1_000, 50_000),
    node('MatMul', 2_000, 20_000),
    node('Gather', 23_000, 10_000),
    node('MatMul', 60_000, 5_000),
  ]
  expect(operatorTimes(JSON.stringify(profile))).toEqual([{ MatMul: 25, Scan: 20, Gather: 10 }])
})
