/**
 * Fractal noise: octaves of smoothly interpolated random grids, each finer one weaker by 2^-slope. Mean 0, variance 1.
 * @param slope about 1 is what photographs have; more is smoother
 * @returns side x side values
 */
export function fractal(random: () => number, side: number, slope: number): Float32Array {
  const values = new Float32Array(side * side)
  for (let cells = 2; cells <= side / 2; cells *= 2) {
    const weight = (2 / cells) ** slope
    const grid = Float32Array.from({ length: (cells + 1) ** 2 }, () => 2 * random() - 1)
    const steps = Array.from({ length: side }, (_, i) => {
      const place = (i * cells) / side
      const cell = Math.floor(place)
      const t = place - cell
      return { cell, t: t * t * (3 - 2 * t) }
    })
    for (let y = 0; y < side; y++) {
      const { cell: row, t: v } = steps[y]!
      for (let x = 0; x < side; x++) {
        const { cell: column, t: u } = steps[x]!
        const at = row * (cells + 1) + column
        const above = grid[at]! + u * (grid[at + 1]! - grid[at]!)
        const below = grid[at + cells + 1]! + u * (grid[at + cells + 2]! - grid[at + cells + 1]!)
        values[y * side + x]! += weight * (above + v * (below - above))
      }
    }
  }
  const mean = values.reduce((a, b) => a + b, 0) / values.length
  const std = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length)
  return values.map((value) => (value - mean) / std)
}
