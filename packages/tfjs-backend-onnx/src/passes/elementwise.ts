/** Operators that treat every element alike, so that its place in memory does not matter. */
export const ELEMENTWISE = new Set(
  `Abs Add And Cast Clip Cos Div Elu Equal Erf Exp Gelu Greater GreaterOrEqual HardSigmoid IsInf IsNaN LeakyRelu Less
  LessOrEqual Log Max Min Mul Neg Not Or Pow QuickGelu Reciprocal Relu Round Sigmoid Sign Sin Softplus Sqrt Sub Sum Tanh
  Where Xor`.split(/\s+/),
)
