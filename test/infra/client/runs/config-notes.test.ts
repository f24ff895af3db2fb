/** What is said of a configuration before it is run: warm-ups that last to the end, and a control that did
 *  not follow the pretraining. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ExperimentConfig } from '../../../../activities/config/experiment-config.ts';
import { endlessWarmups } from '../../../../activities/config/warm-ups.ts';
import { configNotes } from '../../../../infra/client/runs/config-notes.ts';
import { findExperiment, resolveConfig } from '../../../../infra/client/runs/resolve-config.ts';
import { afterTurn, nextTurn } from '../../../../models/fce/turn.ts';
import { firstTurnState } from '../../../../models/training/turn-state.ts';
import { learningRateAt } from '../../../../models/optim/schedule.ts';
import { experiments } from '../../../../workflows/experiments/index.ts';

const resolved = (name: string, ...set: string[]): ExperimentConfig =>
  resolveConfig(findExperiment(experiments, name), { set, seed: undefined });
const paths = (...set: string[]): string[] =>
  endlessWarmups(resolved('mnist-quick', 'baselines.control.updates=500', ...set)).map(({ path }) => path);

describe('a warm-up that lasts to the end', () => {
  for (const name of Object.keys(experiments))
    test(`is in no training of ${name}`, () => assert.deepEqual(configNotes(resolved(name)), []));

  test('of the EBM is one of all updates of the contrast, and not one less', () => {
    assert.deepEqual(paths('contrast.updates=100'), ['contrast.ebmWarmupUpdates']);
    assert.deepEqual(paths('contrast.updates=101'), []);
  });

  test('of a learning rate is found in every training, at equality too', () => {
    assert.deepEqual(paths('pretrain.updates=200', 'baselines.control.updates=50'), [
      'baselines.control.flow.warmupUpdates',
      'pretrain.flow.warmupUpdates',
    ]);
    assert.deepEqual(paths('pretrain.updates=201', 'baselines.control.updates=51'), []);
    assert.deepEqual(
      paths(
        'baselines.vae.updates=12',
        'baselines.vae.vae.warmupUpdates=12',
        'featureNetwork.updates=12',
        'featureNetwork.classifier.warmupUpdates=13',
      ),
      ['baselines.vae.vae.warmupUpdates', 'featureNetwork.classifier.warmupUpdates'],
    );
    assert.deepEqual(paths('baselines.dcgan.generator.warmupUpdates=1000'), [
      'baselines.dcgan.generator.warmupUpdates',
    ]);
    assert.deepEqual(
      endlessWarmups(resolved('mnist-quick')),
      [],
      'a control of measured time is not known yet',
    );
  });

  test('is said with its path, its value and what becomes of the training', () => {
    assert.deepEqual(configNotes(resolved('mnist-quick', 'contrast.updates=100', 'pretrain.updates=150')), [
      'pretrain.flow.warmupUpdates = 200 is no less than the training has: the learning rate is '
        + 'still rising at the end of its 150 updates.',
      'contrast.ebmWarmupUpdates = 100 is no less than the training has: all of its 100 updates are '
        + "the EBM's, and the flow never moves.",
    ]);
  });

  test('counts the moves of a player as the training gives them out', () => {
    const turn = { kind: 'ratio', ebm: 3, flow: 2 } as const;
    for (const warmup of [0, 1, 4, 7]) {
      for (const updates of [8, 11, 13, 20]) {
        for (const [player, warmupUpdates] of [
          ['flow', 3],
          ['flow', 4],
          ['ebm', 8],
        ] as const) {
          const own = resolved(
            'mnist-quick',
            `contrast.updates=${updates}`,
            `contrast.ebmWarmupUpdates=${warmup}`,
            `contrast.turn=${JSON.stringify(turn)}`,
            `contrast.${player}.warmupUpdates=${warmupUpdates}`,
          );
          let [state, moves] = [firstTurnState, 0];
          for (let update = 0; update < updates; update += 1) {
            if ((update < warmup ? 'ebm' : nextTurn(turn, state)) === player) moves += 1;
            state = afterTurn(turn, state, { accuracy: 0.5, value: -1 });
          }
          const optimiser = { ...own.contrast[player], decay: 'none' as const };
          const isWhole = (move: number): boolean =>
            learningRateAt(optimiser, move, 0) === optimiser.learningRate;
          const isEndless = Array.from({ length: moves }, (_, move) => move).filter(isWhole).length <= 1;
          const found = endlessWarmups({
            ...own,
            baselines: {},
            featureNetwork: null,
            pretrain: null,
          } as unknown as ExperimentConfig);
          assert.deepEqual(
            found.map(({ path }) => path),
            isEndless ? [`contrast.${player}.warmupUpdates`] : [],
            `${updates} after ${warmup}, ${player} ${warmupUpdates}`,
          );
        }
      }
    }
  });
});

test('a control that does not have the batches of the pretraining is noted', () => {
  assert.deepEqual(configNotes(resolved('mnist-quick', 'pretrain.batchSize=32')), [
    'The control has batches of 64 and the pretraining that it goes on from of 32: --set '
      + 'baselines.control.batchSize=32 gives it the same.',
  ]);
  for (const set of [
    ['pretrain.batchSize=32', 'baselines.control.batchSize=32'],
    ['pretrain.batchSize=32', 'baselines.control=null'],
  ]) {
    assert.deepEqual(configNotes(resolved('mnist-quick', ...set)), []);
  }
});
