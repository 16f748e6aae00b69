/** A line for each attack, told apart by colour and dash, with one legend under the plot. */
export function legend(
  names: readonly string[],
  colours: readonly string[],
  dashes: readonly (readonly number[])[],
  width: number,
) {
  const cycled = <T>(values: readonly T[]): T[] => names.flatMap((_, i) => values[i % values.length] ?? [])
  const placed = {
    title: null,
    orient: 'bottom',
    columns: width > 300 ? 2 : 1,
    symbolType: 'stroke',
    symbolSize: 260,
  } as const
  return {
    color: {
      field: 'attack',
      type: 'nominal',
      scale: { domain: [...names], range: cycled(colours) },
      legend: placed,
    },
    strokeDash: {
      field: 'attack',
      type: 'nominal',
      scale: { domain: [...names], range: cycled(dashes).map((dash) => [...dash]) },
      legend: placed,
    },
  } as const
}
