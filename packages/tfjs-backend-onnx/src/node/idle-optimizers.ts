/**
 * Optimisers of ONNX Runtime, by the reason why they find nothing in what the compiled backend writes. Each would put the whole
 * graph in order and walk it, up to several times a session: a quarter of what a training step's preparation takes. A name that
 * a version of the runtime does not know has no effect.
 */
const idle: Readonly<Record<string, readonly string[]>> = {
  'for numbers in 8 bits': [
    'DoubleQDQPairsRemover',
    'DynamicQuantizeMatMulFusion',
    'EnsureUniqueDQForNodeUnit',
    'MatMulIntegerToFloatFusion',
    'MatMulNBitsFusion',
    'QDQFinalCleanupTransformer',
    'QDQPropagationTransformer',
    'QDQS8ToU8Transformer',
    'QDQSelectorActionTransformer',
    'WeightBiasQuantization',
    'WhereDummyDq',
  ],
  'for language models': [
    'AttentionFusion',
    'BiasDropoutFusion',
    'BiasGeluFusion',
    'BiasSkipLayerNormFusion',
    'BiasSoftmaxFusion',
    'EmbedLayerNormFusion',
    'FastGeluFusion',
    'GroupQueryAttentionFusion',
    'GroupQueryAttentionPreNormFusion',
    'LayerNormFusionL2',
    'SimplifiedLayerNormFusion',
    'SkipLayerNormFusion',
  ],
  'for lengths computed by the graph itself, or given with the session': [
    'FreeDimensionOverrideTransformer',
    'GatherToSliceFusion',
    'ReshapeFusion',
  ],
  'for operators that are written in another form, or fused for other devices alone': [
    'GemmActivationFusion',
    'MatMulActivationFusion',
    'SliceConcatToSpaceToDepthFusion',
  ],
  'done by the backend itself': [
    'CommonSubexpressionElimination',
    'ConstantSharing',
    'GeluFusionL1',
    'GeluFusionL2',
    'QuickGeluFusion',
  ],
}

/** All of them, as the session option `optimization.disable_specified_optimizers` takes names. */
export const idleOptimizers: string = Object.values(idle).flat().join(';')
