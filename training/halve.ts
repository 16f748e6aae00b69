// `npx -y pnpm@12 train halve FILE OUT`: a model's weights rounded to half precision, in which models are shipped.
import { openWeightsPath, writeFileAtomic } from '@stablesig/backend-node'
import { fromFloat32, readFloat32, type TensorData, writeSafetensors } from '@stablesig/weights'

const [file, out] = process.argv.slice(2)
if (!file || !out) throw new Error('pass FILE and OUT')
const { state, close } = await openWeightsPath(file)
try {
  const halves: Record<string, TensorData> = {}
  for (const [name, tensor] of state.tensors)
    halves[name] = {
      ...{ dtype: 'float16', shape: tensor.shape },
      data: fromFloat32(await readFloat32(tensor), 'float16'),
    }
  await writeFileAtomic(out, writeSafetensors(halves, state.metadata))
} finally {
  await close()
}
