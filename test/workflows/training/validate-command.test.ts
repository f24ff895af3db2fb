import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { TrainingName } from '../../../activities/contracts/names.ts';
import {
  addressee,
  validateCommand,
  type TrainingProjection,
} from '../../../workflows/training/validate-command.ts';
import { requestOf } from '../fake-run.ts';

const { contrast, baselines } = requestOf('run').config;
const standing = (changes: Partial<TrainingProjection> = {}): TrainingProjection => ({
  training: 'contrast',
  config: contrast,
  done: 40,
  updates: 100,
  paused: false,
  hasCheckpoint: true,
  ...changes,
});

describe('a message that cannot take effect is refused with a sentence', () => {
  const cases: readonly (readonly [told: unknown, standing: TrainingProjection, sentence: RegExp])[] = [
    [{ kind: 'stop' }, standing(), /^Expected a message of pause, .*, got "stop"\.$/],
    [null, standing(), /^Expected a message of pause/],
    ['pause', standing(), /^Expected a message of pause/],
    [{ kind: 'pause' }, standing({ paused: true }), /^contrast is paused already/],
    [{ kind: 'resume' }, standing(), /^contrast is not paused\.$/],
    [
      { kind: 'extend', updates: 30 },
      standing(),
      /^Expected more updates than the 100 that contrast is to make, of which 40 are done, got 30\.$/,
    ],
    [{ kind: 'extend', updates: 100 }, standing(), /got 100/],
    [
      { kind: 'extend', updates: 10_000_000_000_000 },
      standing(),
      /^Expected at most \d+ updates of contrast, for it is cut into segments as long as those so far, got 10000000000000\.$/,
    ],
    [{ kind: 'extend', updates: 150.5 }, standing(), /^Expected updates to be a whole number/],
    [
      { kind: 'extend', updates: '150' },
      standing(),
      /^Expected updates to be a whole number of at least 1, got "150"\.$/,
    ],
    [{ kind: 'extend' }, standing(), /got nothing\.$/],
    [
      { kind: 'learning-rate', player: 'flow', value: -1e-4 },
      standing(),
      /^Expected a learning rate above 0, got -0\.0001\.$/,
    ],
    [{ kind: 'learning-rate', player: 'flow', value: 0 }, standing(), /above 0/],
    [{ kind: 'learning-rate', player: 'flow', value: Infinity }, standing(), /above 0/],
    [
      { kind: 'learning-rate', player: 'generator', value: 1e-4 },
      standing(),
      /^Expected a player of contrast, flow or ebm, got "generator"\.$/,
    ],
    [{ kind: 'learning-rate', value: 1e-4 }, standing(), /^Expected player to be a name, got nothing\.$/],
    [
      { kind: 'extend', updates: 150 },
      standing({ training: 'control', config: { ...baselines.flowMle!, updates: null }, updates: null }),
      /^The updates of control are chosen when it begins; tell it then\.$/,
    ],
    [{ kind: 'samples' }, standing({ hasCheckpoint: false }), /^contrast has no checkpoint yet/],
    [
      { kind: 'samples' },
      standing({ training: 'nce-matched', config: baselines.nceMatched! }),
      /^nce-matched trains nothing that draws samples\.$/,
    ],
  ];
  for (const [told, to, sentence] of cases) {
    test(
      `${JSON.stringify(told)} to `
        + `${to.training}${to.paused ? ', paused' : ''}${to.hasCheckpoint ? '' : ' without a checkpoint'}`,
      () => assert.match(validateCommand(told, to) ?? 'taken', sentence),
    );
  }
});

test('a message that can is taken', () => {
  const taken = [
    { kind: 'pause' },
    { kind: 'extend', updates: 101 },
    { kind: 'learning-rate', player: 'ebm', value: 1e-4 },
    { kind: 'samples' },
  ];
  assert.deepEqual(
    taken.map((message) => validateCommand(message, standing())),
    taken.map(() => null),
  );
  assert.equal(validateCommand({ kind: 'resume' }, standing({ paused: true })), null);
});

describe('a message without a name', () => {
  const of = (...trainings: TrainingName[]): TrainingProjection[] =>
    trainings.map((training) => standing({ training }));
  const told = (given: unknown, ...underWay: TrainingName[]): string => {
    const found = addressee(given, of(...underWay));
    return typeof found === 'string' ? found : found.training;
  };

  test('is for the training on the main line, or the only one', () => {
    assert.equal(told(null, 'flow-mle', 'contrast'), 'contrast');
    assert.equal(told(undefined, 'flow-mle'), 'flow-mle');
    assert.match(
      told(null, 'flow-mle', 'vae'),
      /^Expected the name of one of the trainings that go on, flow-mle, vae, got none\.$/,
    );
  });

  test('with one is for the training of that name, where it goes on', () => {
    assert.equal(told('flow-mle', 'flow-mle', 'contrast'), 'flow-mle');
    assert.match(
      told('pretrain', 'flow-mle', 'contrast'),
      /^Expected a training that goes on, flow-mle, contrast, got "pretrain"\.$/,
    );
    assert.match(told({}, 'contrast'), /got \{\}/);
    assert.match(told(null), /^No training goes on/);
  });

  test('is for the first to come of the main line where none goes on; one that is to come is named', () => {
    const to = (given: unknown, underWay: TrainingName[], toCome: TrainingName[]): string => {
      const found = addressee(given, of(...underWay), of(...toCome));
      return typeof found === 'string' ? found : found.training;
    };
    assert.equal(to(null, [], ['pretrain', 'contrast', 'vae']), 'pretrain');
    assert.equal(to(null, [], ['vae']), 'vae');
    assert.equal(to(null, ['vae'], ['contrast']), 'vae');
    assert.equal(to('contrast', ['pretrain'], ['contrast']), 'contrast');
    assert.equal(
      to('vae', ['pretrain'], ['contrast']),
      'Expected a training that goes on, pretrain, or one that is to come, contrast, got "vae".',
    );
  });
});
