/** The settings that a flow of another program needs: each changes something, and what is stored stays where
 *  it is. */
import '../../support/tensorflow.ts';
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { openSession } from '../../../infra/compute/replay-session.ts';
import { modelsSchema } from '../../../models/fce/config.ts';
import { createTraining } from '../../../models/create-training.ts';
import { initialize } from '../../../models/training/initialize.ts';
import { trainingSchema } from '../../../models/training-schema.ts';
import { firstCounters, updates } from '../../../models/training/updates.ts';
import { flowSchema } from '../../../models/flow/config.ts';
import { createFlow } from '../../../models/flow/flow.ts';
import { luMixing } from '../../../models/flow/lu-mixing.ts';
import { namedParams } from '../../../models/core/params.ts';
import { uniform } from '../../../models/core/random.ts';
import { tf } from '../../../models/core/tensors.ts';
import { distance, initialParams, noisyParams, normalTensor } from '../../support/weights.ts';

const tiny = { kind: 'image', levels: 2, depth: 1, width: 4 };
const imageFlow = (more: object = {}) => createFlow(flowSchema.parse({ ...tiny, ...more }), [8, 8, 1]);

describe('settings of a flow that another program trained', () => {
  test('lu-stored starts as lu does, with P and signs beside it', () => {
    const [plain, stored] = [luMixing(6, 'here'), luMixing(6, 'here', true)];
    assert.equal(
      distance(plain.matrix(initialParams(plain.params)), stored.matrix(initialParams(stored.params))),
      0,
    );
    assert.deepEqual(
      stored.params.map(({ name }) => name),
      [...plain.params.map(({ name }) => name), 'permutation', 'signs'],
    );
  });

  test('another stored permutation or sign is another W', () => {
    const mixing = luMixing(2, 'here', true);
    const params = initialParams(mixing.params);
    const swapped = { ...params, permutation: tf.reverse(params.permutation!, 0) };
    const mirrored = { ...params, signs: tf.neg(params.signs!) };
    for (const other of [swapped, mirrored])
      assert.ok(distance(mixing.matrix(params), mixing.matrix(other)) > 0.1);
  });

  test('leave the parameters of a flow without them as they were', () => {
    assert.deepEqual(imageFlow({ splitScale: 'free' }).params, imageFlow().params);
    assert.deepEqual(
      imageFlow({ top: 'learned' }).params.filter(({ name }) => !/\/prior\/(mean|logStd)$/.test(name)),
      imageFlow().params,
    );
  });

  test('a free split scale and a learned prior change densities', () => {
    const x = normalTensor([3, 8, 8, 1], 'x');
    const bounded = imageFlow();
    const params = noisyParams(bounded.params, 0.5);
    assert.ok(
      distance(bounded.logProb(params, x), imageFlow({ splitScale: 'free' }).logProb(params, x)) > 0.01,
    );
    const learned = imageFlow({ top: 'learned' });
    const start = initialParams(learned.params);
    assert.equal(distance(learned.logProb(start, x), bounded.logProb(start, x)), 0);
    assert.ok(
      distance(learned.logProb(noisyParams(learned.params, 0.1), x), learned.logProb(start, x)) > 0.01,
    );
  });
});

test(
  'a contrast moves every parameter of such a flow but the permutations and signs, which stay to the '
    + 'last bit',
  () => {
    const models = modelsSchema.parse({
      flow: { ...tiny, mixing: 'lu-stored', scale: { kind: 'sigmoid' }, splitScale: 'free', top: 'learned' },
      ebm: { kind: 'conv', channels: [4, 4] },
    });
    const optimiser = { learningRate: 1e-3 };
    const config = trainingSchema.parse({
      method: 'fce',
      updates: 10,
      batchSize: 8,
      flow: optimiser,
      ebm: optimiser,
      turn: { kind: 'ratio', ebm: 1, flow: 1 },
      lambda: 0.1,
      reference: 'pretrained',
    });
    const shape = [8, 8, 1];
    const next = uniform(1, 'images');
    const data = Int32Array.from({ length: 16 * 16 }, () => Math.floor(next() * 2 ** 32));
    const training = createTraining(config, models, { shape, count: 16 }, 0);
    const { params } = createFlow(models.flow, shape);
    const initialFlow = Float32Array.from(
      tf.concat(Object.values(noisyParams(params, 0.02)).map((value) => tf.reshape(value, [-1]))).dataSync(),
    );
    const before = namedParams(params, initialFlow);
    const session = openSession(training.program);
    session.assign({ data, ...initialize(training, { seed: 1, initialFlow, data }) });
    const lines = Array.from(
      updates(
        session,
        training,
        { seed: 1, training: 'contrast', noiseStream: 0, learningRateScale: 1 },
        firstCounters,
        6,
      ),
    );
    assert.equal(lines.length, 6);
    const state = session.read(['flow', 'flow.average']);
    session.dispose();
    for (const [name, { values }] of Object.entries(namedParams(params, state.flow!))) {
      const kept = values.every((value, i) => value === before[name]!.values[i]);
      assert.equal(kept, /\/(permutation|signs)$/.test(name), name);
    }
  },
);
