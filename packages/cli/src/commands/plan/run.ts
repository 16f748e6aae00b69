import { planKey } from '@stablesig/stats'
import { EXIT } from '../../exit.ts'
import { type Io, jsonLine } from '../../io.ts'
import type { GivenOf } from '../../options/description.ts'
import type { plan } from './command.ts'

export async function run({ bits, users, fpr, json }: GivenOf<typeof plan>, io: Io): Promise<number> {
  const planned = planKey({ bits, users, fpr })
  if (json) {
    io.out(jsonLine(planned))
    return EXIT.done
  }
  const count = users === 1 ? '1 user' : `${users} users`
  if (!planned.attainable) {
    io.out(`${bits} bits, ${count}, fpr ${fpr}: unattainable; even ${bits}/${bits} matches are too likely by chance\n`)
    return EXIT.done
  }
  io.out(
    `${bits} bits, ${count}, fpr ${fpr}\n` +
      `threshold         ${planned.threshold}/${bits} matches\n` +
      `errors tolerated  ${planned.errorsTolerated}\n` +
      `fpr, one user     ${planned.falsePositiveRate.toPrecision(3)}\n` +
      `fpr, all users    ${planned.unionFalsePositiveRate.toPrecision(3)}\n`,
  )
  return EXIT.done
}
