/** Basis of the orthonormal DCT-II of eight samples: row u is frequency u. */
export const DCT_BASIS: readonly Float64Array[] = Array.from({ length: 8 }, (_, u) =>
  Float64Array.from(
    { length: 8 },
    (_, x) => (u === 0 ? Math.sqrt(1 / 8) : 0.5) * Math.cos(((2 * x + 1) * u * Math.PI) / 16),
  ),
)
