/** A line for each attack, told apart by colour and dash, with one legend under the plot. */
export function legend(
  names: readonly string[],
  colours: readonly string[],
  dashes: readonly (readonly number[])[],
  width: number,
) {
  const colour = names.map((_, i) => colours[i % colours.length] ?? 'currentColor')
  const dash = names.map((_, i) => [...(dashes[i % dashes.length] ?? [1, 0])])
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
      scale: { domain: [...names], range: colour },
      legend: placed,
    },
    strokeDash: {
      field: 'attack',
      type: 'nominal',
      scale: { domain: [...names], range: dash },
      legend: placed,
    },
  } as const
}
