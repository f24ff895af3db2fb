import assert from 'node:assert/strict';
import { test } from 'node:test';
import { experimentConfigSchema } from '../../../activities/config/experiment-config.ts';
import { createTraining } from '../../../models/create-training.ts';
import { trainingSize } from '../../../models/fce/training-size.ts';
import { flowSize } from '../../../models/flow/flow-size.ts';
import { layoutSize } from '../../../models/core/params.ts';
import { experiments } from '../../../workflows/experiments/index.ts';

/** Of the paper's size, as of the quick form: a flow of 96 steps builds its mixing matrices in seconds. */
const shallow = 2;

for (const { name, config } of Object.values(experiments)) {
  test(`parameters of every training of ${name} are counted as they are`, () => {
    const parsed = experimentConfigSchema.parse(config);
    const { models: given, baselines, pretrain, contrast, featureNetwork, dataset } = parsed;
    const shape = dataset.kind === 'toy' ? [2] : dataset.kind === 'mnist' ? [32, 32, 1] : [32, 32, 3];
    const flow = given.flow.kind === 'image' ? { ...given.flow, depth: shallow } : given.flow;
    const models = { ...given, flow };
    // a size does not hang on how many updates are made
    const control = baselines.control && { ...baselines.control, updates: 1 };
    const trainings = [
      ...Object.values({ ...baselines, control }),
      pretrain,
      contrast,
      featureNetwork,
    ].filter((one) => one !== null);
    for (const training of trainings) {
      const built = createTraining(training, models, { shape, count: 3000 }, 0);
      const real = Object.fromEntries(built.players.map((player) => [player.name, layoutSize(player.specs)]));
      const { players, reference } = trainingSize(training, models, shape);
      assert.deepEqual(players, real, training.method);
      assert.equal(reference, built.program.variables['reference']?.shape[0] ?? 0);
    }
  });
}

test(
  'a setting that makes a training larger is counted: depth, width, levels, and what is computed ' + 'again',
  () => {
    const of = (change: object, recompute: 'none' | 'couplings' = 'none') =>
      flowSize(
        {
          kind: 'image',
          levels: 2,
          depth: 4,
          width: 64,
          mixing: 'lu',
          scale: { kind: 'sigmoid' },
          ...change,
        },
        [32, 32, 3],
        recompute,
      );
    const base = of({});
    assert.ok(of({ depth: 8 }).kept > 1.9 * base.kept && of({ depth: 8 }).params > 1.9 * base.params);
    assert.ok(of({ width: 128 }).kept > base.kept && of({ width: 128 }).passing > base.passing);
    assert.ok(of({ levels: 3 }).kept > base.kept);
    const again = of({}, 'couplings');
    assert.ok(again.kept < base.kept / 1.5 && again.params === base.params && again.passing > base.passing);
    // two hidden layers of width 64 at 16 x 16 positions, and something beside them
    assert.ok(of({ levels: 1, depth: 1 }).kept > 2 * 64 * 256);
  },
);
