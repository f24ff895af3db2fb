/** The library's training: a few updates in this process, and what it exports. */
import '../support/tensorflow.ts';
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import {
  ConfigError,
  createToy,
  denseEbm,
  glow,
  toOnnx,
  train,
  vectorGlow,
  type Trained,
  type TrainOptions,
} from '../../models/index.ts';

const rate = { learningRate: 1e-3 };
const options: TrainOptions = {
  flow: vectorGlow({ couplings: 4, width: 16 }),
  ebm: denseEbm({ width: 16, hiddenLayers: 1 }),
  data: createToy('pinwheel').sampler(1, 'test')(500),
  shape: [2],
  training: {
    method: 'fce',
    updates: 6,
    batchSize: 32,
    turn: { kind: 'ratio', ebm: 1, flow: 1 },
    ebm: rate,
    flow: rate,
  },
};

function trained(changed: Partial<TrainOptions> = {}): { result: Trained; lines: number } {
  const steps = train({ ...options, ...changed });
  let lines = 0;
  for (let step = steps.next(); ; step = steps.next(), lines += 1)
    if (step.done) return { result: step.value, lines };
}

describe('a training without the pipeline', () => {
  test('gives metrics of each update, and weights that follow from its seed', () => {
    const { result, lines } = trained();
    assert.equal(lines, 6);
    assert.equal(result.metrics['update'], 6);
    assert.deepEqual(Object.keys(result.weights).sort(), ['ebm', 'flow']);
    assert.deepEqual(trained().result.weights, result.weights);
    assert.notDeepEqual(trained({ seed: 2 }).result.weights, result.weights);
  });

  test('exports a flow that is a density: its integral over the plane is 1', async () => {
    const files = toOnnx(trained().result);
    assert.deepEqual(Object.keys(files), ['flow-log-prob', 'flow-sample', 'ebm']);
    const session = await InferenceSession.create(files['flow-log-prob']!);
    const [side, extent] = [300, 15];
    const cell = (2 * extent) / side;
    const at = (i: number): number => -extent + (i + 0.5) * cell;
    const x = Float32Array.from({ length: 2 * side * side }, (_, i) =>
      at(i % 2 === 0 ? Math.floor(i / 2 / side) : Math.floor(i / 2) % side),
    );
    const { log_prob: logProb } = await session.run({ x: new Tensor('float32', x, [side * side, 2]) });
    const sum = (logProb!.data as Float32Array).reduce((total, value) => total + Math.exp(value), 0);
    assert.ok(Math.abs(sum * cell ** 2 - 1) < 0.01, `the integral is ${sum * cell ** 2}`);
  });

  test('trains the flow alone by maximum likelihood, and the EBM alone against noise', () => {
    const alone = { updates: 2, batchSize: 16 };
    const likelihood = trained({ training: { method: 'mle', ...alone, flow: rate } }).result;
    assert.deepEqual(Object.keys(toOnnx(likelihood)), ['flow-log-prob', 'flow-sample']);
    const noise = trained({ training: { method: 'nce', ...alone, ebm: rate, noise: 'matched' } }).result;
    assert.deepEqual(Object.keys(toOnnx(noise)), ['ebm']);
  });

  test('says what is wrong with settings, data and shapes', () => {
    assert.throws(
      () => vectorGlow({ couplings: 0 }),
      (error: unknown) => error instanceof ConfigError && /couplings.*got 0/.test(error.message),
    );
    assert.throws(() => trained({ data: new Float32Array(3) }), /a multiple of 2 values.*got 3/);
    assert.throws(() => trained({ flow: glow() }), /Choose the flow's kind to fit the data set/);
    const unknown = { ...options.training, method: 'gan' } as unknown as TrainOptions['training'];
    assert.throws(() => trained({ training: unknown }), /one of mle, nce, fce, got "gan"/);
  });
});
