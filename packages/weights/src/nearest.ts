/** Names compared at most: the search for near names must not outlast the error it explains. */
const COMPARED = 2000

/**
 * The `count` names nearest to `name` by edit distance, nearest first; names further off than half its length are left out.
 */
export function nearest(name: string, candidates: Iterable<string>, count: number): string[] {
  const scored: [string, number][] = []
  for (const candidate of candidates) {
    if (scored.length >= COMPARED) break
    scored.push([candidate, editDistance(name.slice(-200), candidate.slice(-200))])
  }
  return scored
    .filter(([, distance]) => distance <= name.length / 2)
    .sort((a, b) => a[1] - b[1])
    .slice(0, count)
    .map(([candidate]) => candidate)
}

/** Levenshtein: the least number of insertions, deletions and substitutions that turn `a` into `b`. */
export function editDistance(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const substitution = (above[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      row.push(Math.min(substitution, (above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1))
    }
    above = row
  }
  return above[b.length] ?? a.length
}
