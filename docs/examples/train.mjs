/** Trains a flow and an energy-based model against each other on points of a spiral, without a pipeline, and
 *  writes both as ONNX files: `node docs/examples/train.mjs [FOLDER] [UPDATES]`. */
import { writeFileSync } from 'node:fs';
import { createToy, denseEbm, toOnnx, train, vectorGlow } from 'counterflow/models';

const [folder = '.', updates = '200'] = process.argv.slice(2);
const steps = train({
  flow: vectorGlow({ couplings: 6, width: 32 }),
  ebm: denseEbm({ width: 64, hiddenLayers: 2 }),
  data: createToy('spiral').sampler(1, 'example')(5000),
  shape: [2],
  training: {
    method: 'fce',
    updates: Number(updates),
    batchSize: 200,
    turn: { kind: 'ratio', ebm: 1, flow: 1 },
    ebm: { learningRate: 1e-3 },
    flow: { learningRate: 1e-3 },
  },
});

let step = steps.next();
for (; !step.done; step = steps.next()) {
  const { update, value, accuracy } = step.value;
  if (Number(update) % 20 === 0) console.log(`update ${update}: V ${value}, accuracy ${accuracy}`);
}
for (const [name, bytes] of Object.entries(toOnnx(step.value))) {
  writeFileSync(`${folder}/${name}.onnx`, bytes);
}
