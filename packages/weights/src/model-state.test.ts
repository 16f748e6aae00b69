import { pickle as p, torchZip } from '@stablesig/testing/files'
import { expect, test } from 'vitest'
import { memorySource } from './byte-source.ts'
import { modelState } from './model-state.ts'
import { openWeights } from './open.ts'

const open = (body: p.Bytes) =>
  openWeights(memorySource('a.ckpt', torchZip(p.pickle(body), { '0': new Uint8Array(24) })))

test('a checkpoint’s model is what lies under state_dict, names as the model has them', async () => {
  const model = p.dict(['first_stage_model.decoder.conv_in.bias', p.tensor()], ['betas', p.tensor()])
  const state = await open(p.dict(['epoch', p.int(3)], ['optimizer_states', p.list(p.tensor())], ['state_dict', model]))
  const { tensors, ...about } = modelState(state)
  expect([...tensors.keys()]).toEqual(['first_stage_model.decoder.conv_in.bias', 'betas'])
  expect(about).toMatchObject({ source: 'a.ckpt', format: 'torch-zip', scalars: state.scalars })
})

test('what is a model by itself stays as it is', async () => {
  const state = await open(p.dict(['state_dict.weight', p.tensor()]))
  expect(modelState(state)).toBe(state)
})
