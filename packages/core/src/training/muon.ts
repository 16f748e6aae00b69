import {
  add,
  div,
  expandDims,
  eye,
  matMul,
  mean,
  mul,
  type Rank,
  reshape,
  split,
  sqrt,
  square,
  squeeze,
  stack,
  sub,
  sum,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
  tidy,
} from '@tensorflow/tfjs-core'
import { changing } from '../ops/changing.ts'
import type { Optimizer } from './optimizers.ts'
import { at, blend } from './update-parts.ts'

export interface MuonOptions {
  /** Decay of the momentum. Default .9. */
  readonly momentum?: number
  /** The parameter shrinks by lr·d first. Default 0. */
  readonly weightDecay?: number
}

/** x -> a·x + b·x³ + c·x⁵, five times: brings singular values of a matrix of norm 1 into about [.7, 1.2]. */
const [A, B, C] = [3.4445, -4.775, 2.0315]
const ROUNDS = 5
/** Keeps what has no gradient where it is. */
const TINY = 1e-12

/**
 * Muon (Jordan 2024): the momentum of each matrix is replaced by the nearest matrix whose singular values are all alike, so
 * that directions which few gradients point at are learnt as fast as those which all do. A convolution [kh,kw,I,O] is the
 * matrix [kh·kw·I, O]; what has fewer than two axes is divided by the root of its mean square instead. With G the gradient and
 * M = momentum·M + (1-momentum)·G, the direction is that of G + momentum·M, and of root mean square 1 (a little less or more
 * for a matrix), so that rates of Adam's size fit. One vector of moments: half of Adam's.
 */
export function muon({ momentum = 0.9, weightDecay = 0 }: MuonOptions = {}): Optimizer {
  return {
    name: 'muon',
    moments: 1,
    elementwise: false,
    update: (parameters, gradients, [first = []], _step, learningRate) =>
      tidy(() => {
        const rate = changing(learningRate)
        const shrink = changing(1 - learningRate * weightDecay)
        const moments = parameters.map((_, i) => blend(at(first, i), at(gradients, i), momentum))
        const wanted = parameters.map((_, i) => add(at(gradients, i), mul(at(moments, i), momentum)))
        const directions = evenedOut(wanted)
        const next = parameters.map((p, i) => {
          const moved = sub(weightDecay ? mul(p, shrink) : p, mul(at(directions, i), rate))
          return moved.rank === p.rank ? moved : reshape(moved, p.shape)
        })
        return { parameters: next, moments: [moments] }
      }),
  }
}

/** Directions of root mean square 1, of the shapes given: matrices orthogonalised, vectors scaled. */
function evenedOut(tensors: readonly Tensor[]): Tensor[] {
  const results = new Map<number, Tensor>()
  const bySide = new Map<number, { index: number; matrix: Tensor2D; tall: boolean }[]>()
  for (const [index, tensor] of tensors.entries()) {
    const columns = tensor.shape.at(-1) ?? 1
    const rows = tensor.size / columns
    if (tensor.rank < 2 || Math.min(rows, columns) < 2) {
      results.set(index, div(tensor, add(sqrt(mean(square(tensor))), TINY)))
      continue
    }
    const side = Math.min(rows, columns)
    const group = bySide.get(side) ?? []
    bySide.set(side, group)
    const matrix = reshape<Rank.R2>(tensor, [rows, columns])
    const unit = div<Tensor2D>(matrix, add(sqrt(sum(square(matrix))), TINY))
    group.push({ index, matrix: unit, tall: rows >= columns })
  }
  // All matrices of a smaller side are orthogonalised in one batch, whatever their longer side: it does not come into it.
  for (const [side, group] of bySide) {
    const grams = stack(group.map(({ matrix, tall }) => matMul(matrix, matrix, tall, !tall))) as Tensor3D
    const factors = split(orthogonaliser(grams), group.length)
    for (const [i, { index, matrix, tall }] of group.entries()) {
      const factor = squeeze<Tensor2D>(at(factors, i), [0])
      const even = tall ? matMul(matrix, factor) : matMul(factor, matrix)
      results.set(index, reshape(mul(even, Math.sqrt(matrix.size / side)), at(tensors, index).shape))
    }
  }
  return tensors.map((tensor, i) => results.get(i) ?? tensor)
}

/**
 * P of the polynomial X -> X·P that evens the singular values of X, from S = XᵀX [n,s,s] alone: each round multiplies P by
 * q = a + b·S + c·S², and S becomes S·q², for all of them are polynomials of one matrix.
 */
function orthogonaliser(grams: Tensor3D): Tensor3D {
  const [, side] = grams.shape
  const one = expandDims<Tensor3D>(eye(side), 0)
  let s = grams
  let p: Tensor3D | undefined
  for (let round = 0; round < ROUNDS; round++) {
    const q: Tensor3D = add(mul(one, A), add(mul(s, B), mul(matMul(s, s), C)))
    p = p ? matMul(p, q) : q
    if (round < ROUNDS - 1) s = matMul(s, matMul(q, q))
  }
  return p ?? grams
}
