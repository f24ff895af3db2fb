import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { z } from 'zod';
import { CounterflowError } from '../../../../infra/base/user-error.ts';
import { describeIssue } from '../../../../infra/base/describe-issue.ts';
import { editDistance, nearest } from '../../../../infra/base/nearest.ts';
import { readSeed } from '../../../../infra/cli/arguments/options.ts';
import { findExperiment, resolveConfig } from '../../../../infra/client/runs/resolve-config.ts';
import { experiments, type Experiment } from '../../../../workflows/experiments/index.ts';

const optimiser = { learningRate: 1e-3 };
const experiment: Experiment = {
  name: 'eight-gaussians',
  title: 'Eight Gaussians',
  description: '',
  command: '',
  expected: '',
  config: {
    dataset: { kind: 'toy', density: 'eight-gaussians' },
    models: { flow: { kind: 'vector' }, ebm: { kind: 'dense' } },
    contrast: {
      method: 'fce',
      updates: 10_000,
      batchSize: 1000,
      flow: optimiser,
      ebm: optimiser,
      turn: { kind: 'accuracy', threshold: 0.6 },
    },
  },
};

function resolve(...set: string[]) {
  return resolveConfig(experiment, { set, seed: undefined });
}

function complaint(...set: string[]): string {
  try {
    resolve(...set);
  } catch (error) {
    assert(error instanceof CounterflowError);
    assert.equal(error.exitCode, 2);
    assert(!error.message.includes('\n'));
    return error.message;
  }
  assert.fail(`accepted ${set.join(' ')}`);
}

test(
  'what other languages write for null and the like, and numbers that are none, are named as they '
    + 'were taken',
  () => {
    assert.equal(
      complaint('seed=None'),
      'Expected --set seed to be a number, got "None", which is a text here: null, true and false are '
        + 'written so.',
    );
    assert.equal(
      complaint('contrast.stopping=None'),
      'Expected --set contrast.stopping to be a section {...}, got "None", which is a text here: null, '
        + 'true and false are written so.',
    );
    assert.match(complaint('contrast.flips=True'), /to be true or false, got "True", which is a text here/);
    assert.equal(
      complaint('seed=99999999999999999999'),
      'Expected --set seed to be at most 9007199254740991, got 100000000000000000000.',
    );
    assert.equal(complaint('seed=1e400'), 'Expected --set seed to be a number, got Infinity.');
    for (const seed of ['-1', '9007199254740992', '1.5', 'None', ''])
      assert.throws(() => readSeed(seed), /Expected a whole number from 0 to 9007199254740991\./, seed);
    assert.equal(readSeed('9007199254740991'), 9007199254740991);
  },
);

test('a rule of any kind is said as one, never in the words of the library that holds it', () => {
  const schema = z.strictObject({
    size: z.int().multipleOf(4),
    name: z.string().min(2),
    day: z.iso.date(),
    word: z.string().regex(/^a+$/),
    own: z.string().regex(/^a+$/, 'all a'),
    at: z.union([z.int(), z.boolean()]),
    map: z.record(z.string().max(1), z.int()),
    list: z.array(z.int()).min(1),
    pair: z.tuple([z.int(), z.int()]),
    one: z.literal('x'),
    own2: z.int().refine(() => false, 'another one'),
  });
  const wrong: Readonly<Record<string, unknown>> = {
    size: 30,
    name: 'a',
    day: 'monday',
    word: 'b',
    own: 'b',
    at: 'b',
    map: { long: 1 },
    list: [],
    pair: 3,
    one: 'y',
    own2: 1,
    stray: 1,
  };
  const { issues } = schema.safeParse(wrong, { reportInput: true }).error!;
  const sentences = issues.map((issue) => describeIssue(`--set ${issue.path.join('.')}`, issue));
  assert.equal(sentences.length, Object.keys(wrong).length);
  for (const sentence of sentences) assert.doesNotMatch(sentence, /invalid|too (big|small)|undefined/i);
  assert.equal(sentences[0], 'Expected --set size to be a multiple of 4, got 30.');
  assert.equal(sentences[1], 'Expected --set name to be a text of at least 2 characters, got "a".');
  assert.match(sentences[4]!, /to be all a, got "b"/);
  assert.equal(
    complaint('dataset={"kind":"folder","size":30}'),
    'Expected --set dataset.size (from --set dataset={"kind":"folder","size":30}) to be a multiple of '
      + '4, got 30.',
  );
});

test('a long value stands in a sentence with its beginning', () => {
  const long = JSON.stringify({
    ...Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`key${i}`, i])),
  });
  for (const set of [
    `contrast.flow=${long}`,
    `contrast.turn=${long}`,
    `seed=${long}`,
    `contrast.ebm=${JSON.stringify('x'.repeat(700))}`,
  ]) {
    const sentence = complaint(set);
    assert.ok(sentence.length < 420, `${sentence.length}: ${sentence}`);
    assert.match(sentence, /… \(\d+ characters\)/);
  }
});

describe('settings that are accepted', () => {
  test("numbers, words, booleans and null take the place of the experiment's values", () => {
    const config = resolve(
      'contrast.ebm.learningRate=0.5',
      'contrast.flow.decay=linear',
      'contrast.flips=false',
      'contrast.flow.clipNorm=null',
    );
    assert.equal(config.contrast.ebm.learningRate, 0.5);
    assert.equal(config.contrast.flow.decay, 'linear');
    assert.equal(config.contrast.flips, false);
    assert.equal(config.contrast.flow.clipNorm, null);
  });

  test('a default the experiment does not mention can be set', () => {
    assert.equal(resolve('evaluation.gridSize=64').evaluation.gridSize, 64);
  });

  test('the seed option sets the seed', () => {
    assert.equal(resolveConfig(experiment, { set: [], seed: 7 }).seed, 7);
  });

  test('a whole section changes its kind', () => {
    assert.deepEqual(resolve('contrast.turn={"kind":"ratio","ebm":5,"flow":1}').contrast.turn, {
      kind: 'ratio',
      ebm: 5,
      flow: 1,
    });
  });

  test('a later setting sees the defaults that an earlier section brought in', () => {
    const config = resolve('contrast.turn={"kind":"value","bound":-1.4}', 'contrast.turn.smoothing=0.5');
    assert.deepEqual(config.contrast.turn, { kind: 'value', bound: -1.4, smoothing: 0.5 });
  });

  test('a section that is off can be switched on and then changed', () => {
    const config = resolve(
      'pretrain={"method":"mle","updates":10,"batchSize":5,"flow":{"learningRate":1}}',
      'pretrain.updates=20',
    );
    assert.equal(config.pretrain?.updates, 20);
  });

  test('the experiment itself is left as it was', () => {
    resolve('contrast.updates=5');
    assert.equal(experiment.config.contrast.updates, 10_000);
  });
});

describe('settings that are refused name option, rule and value', () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ['contrast.updates=many', /--set contrast\.updates to be a (whole )?number, got "many"/],
    ['contrast.updates=1.5', /--set contrast\.updates to be a whole number, got 1\.5/],
    ['contrast.averaging=1', /--set contrast\.averaging to be below 1, got 1/],
    ['contrast.ebm.learningRate=-1', /--set contrast\.ebm\.learningRate to be above 0, got -1/],
    ['contrast.flow.decay=slow', /one of "none", "cosine", "linear", got "slow"/],
    [
      'contrast.turn={"kind":"dice"}',
      /--set contrast\.turn\.kind .*one of "accuracy", "ratio", "value", got "dice"/,
    ],
    [
      'contrast.turn={"kind":"ratio","ebm":1}',
      /contrast\.turn\.flow \(from --set contrast\.turn=.*a (whole )?number, got nothing/,
    ],
    ['contrast={"method":"fce"}', /from --set contrast=/],
    ['models.ebm={"kind":"dense","wide":1}', /models\.ebm to have known keys only, got "wide"/],
    [
      'contrast.checkpoints.keep=0',
      /^Expected --set contrast\.checkpoints\.keep to be at least 1, got 0; with 1 the last one alone is kept, and a training goes on from that\.$/,
    ],
    [
      'contrast.checkpoints.every=0',
      /--set contrast\.checkpoints\.every to be at least 1, got 0; null keeps none of them\./,
    ],
    ['contrast=null', /contrast to be a section \{\.\.\.\}, got null/],
    ['contrast.updates', /Expected --set path=value, got --set "contrast\.updates"/],
    ['=3', /Expected --set path=value/],
  ];
  for (const [setting, expected] of cases) test(setting, () => assert.match(complaint(setting), expected));

  test('an unknown path suggests the nearest one', () => {
    assert.match(complaint('contrast.ebm.learningrat=1'), /did you mean contrast\.ebm\.learningRate\?/);
    assert.match(complaint('constrast.updates=1'), /did you mean contrast\.updates\?/);
  });

  test('a path inside a section that is null says that the section is null', () => {
    assert.match(complaint('pretrain.updates=5'), /pretrain is null here: set the whole section/);
  });

  test('inherited names are no paths', () => {
    assert.match(complaint('constructor=1'), /Expected --set to name a path/);
    assert.match(complaint('__proto__.polluted=1'), /Expected --set to name a path/);
  });
});

const likelihood = '{"method":"mle","updates":10,"batchSize":5,"flow":{"learningRate":1}}';
const noise = '{"method":"nce","updates":10,"batchSize":5,"ebm":{"learningRate":1},"noise":"standard"}';
const vae = '{"method":"vae","updates":10,"batchSize":4,"vae":{"learningRate":1}}';
const gan = '{"method":"gan","updates":10,"batchSize":4}';
const classifier = '{"method":"classifier","updates":10,"batchSize":4,"classifier":{"learningRate":1}}';
const images = ['dataset={"kind":"cifar10"}', 'models={"flow":{"kind":"image"},"ebm":{"kind":"conv"}}'];

describe('sections that do not go together are refused with a remedy', () => {
  const cases: readonly (readonly [string, readonly string[], RegExp])[] = [
    [
      'flipped points',
      ['contrast.flips=true'],
      /--set contrast\.flips to be false for points.*, got true; leave it out\.$/,
    ],
    [
      'flipped points of a pretraining',
      [`pretrain=${likelihood}`, 'pretrain.flips=true'],
      /--set pretrain\.flips to be false/,
    ],
    [
      'flipped points of a baseline',
      [`baselines.flowMle=${likelihood}`, 'baselines.flowMle.flips=true'],
      /--set baselines\.flowMle\.flips to be false/,
    ],
    [
      'a reference that is not trained',
      ['contrast.reference=pretrained'],
      /--set contrast\.reference to be "none" where pretrain is null, got "pretrained"; set/,
    ],
    [
      'a control of nothing',
      [`baselines.control=${likelihood}`],
      /--set baselines\.control to be null where pretrain is null.*; set it to null, or set/,
    ],
    [
      'an image flow of points',
      ['models.flow={"kind":"image"}'],
      /models\.flow\.kind .*to be "vector" for dataset toy, got "image"; set/,
    ],
    [
      'a vector EBM of images',
      [...images, 'models.ebm={"kind":"dense"}'],
      /models\.ebm\.kind .*to be "conv" for dataset cifar10, got "dense"; set/,
    ],
    [
      'noise contrast of images',
      [...images, `baselines.nceStandard=${noise}`],
      /--set baselines\.nceStandard to be null for images/,
    ],
    [
      'parts of different sizes',
      ['contrast.microBatch=300'],
      /--set contrast\.microBatch to be a divisor of batchSize = 1000, got 300; choose a divisor, or null/,
    ],
    [
      'a VAE of points',
      [`baselines.vae=${vae}`],
      /--set baselines\.vae to be null for dataset toy: it is for images/,
    ],
    ['a DCGAN of points', [`baselines.dcgan=${gan}`], /--set baselines\.dcgan to be null for dataset toy/],
    [
      'a feature network of points',
      [`featureNetwork=${classifier}`],
      /--set featureNetwork to be null for dataset toy/,
    ],
    [
      'too many halvings',
      [...images, `baselines.vae=${vae}`, 'baselines.vae.model={"channels":[4,4,4,4,4,4]}'],
      /baselines\.vae\.model.* to be convolutions that each halve the 32 x 32 images evenly/,
    ],
    [
      'a DCGAN in parts',
      [...images, `baselines.dcgan=${gan}`, 'baselines.dcgan.microBatch=2'],
      /microBatch to be null, for its batches are normalised whole, got 2; lower its batchSize/,
    ],
    [
      'a feature network in uneven parts',
      [...images, `featureNetwork=${classifier}`, 'featureNetwork.microBatch=3'],
      /--set featureNetwork\.microBatch to be a divisor of batchSize = 4/,
    ],
    [
      'too few samples for the features of the feature network',
      [...images, `featureNetwork=${classifier}`, 'evaluation.samples=64'],
      /--set evaluation\.samples to be at least 65, one more than the features of featureNetwork .*, got 64; raise it, or set featureNetwork to null/,
    ],
    [
      'early stopping of points',
      ['contrast.stopping={"patience":3}'],
      /--set contrast\.stopping to be null for points: .*; set it to null/,
    ],
    [
      'a range of V upside down',
      [...images, 'contrast.stopping={"patience":3,"valueRange":[-0.1,-3]}'],
      /--set contrast\.stopping\.valueRange .*to be \[lowest, highest\] with lowest < highest, .*, got \[-0\.1,-3\]; swap/,
    ],
    [
      'too many levels',
      [...images, 'models.flow.levels=6'],
      /--set models\.flow\.levels to be at most 5, .*, got 6; set it to 5 or less\.$/,
    ],
  ];
  for (const [name, settings, expected] of cases)
    test(name, () => assert.match(complaint(...settings), expected));

  test('but images may be flipped, and five levels halve them to one pixel', () => {
    const { contrast, models } = resolve(...images, 'contrast.flips=true', 'models.flow.levels=5');
    assert.deepEqual([contrast.flips, models.flow.kind === 'image' && models.flow.levels], [true, 5]);
  });

  test('and their contrast may stop early', () => {
    const { stopping } = resolve(
      ...images,
      'contrast.stopping={"patience":3,"valueRange":[-3,-0.1]}',
    ).contrast;
    assert.deepEqual(stopping, { patience: 3, heldOut: 1000, projections: 512, valueRange: [-3, -0.1] });
  });

  test('a later setting may mend what an earlier one broke', () => {
    const config = resolve(
      'contrast.reference=pretrained',
      `pretrain=${likelihood}`,
      'pretrain.divergence.maxSample=5',
    );
    assert.equal(config.pretrain?.divergence.maxSample, 5);
  });

  test('every experiment of the checkout keeps to the rules', () => {
    for (const one of Object.values(experiments)) resolveConfig(one, { set: [], seed: undefined });
  });
});

test('an unknown experiment lists the names and the nearest', () => {
  assert.throws(
    () => findExperiment({ 'eight-gaussians': experiment }, 'eight-gausians'),
    /\(eight-gaussians\), got "eight-gausians"; did you mean eight-gaussians\?/,
  );
  assert.throws(() => findExperiment({ 'eight-gaussians': experiment }, 'toString'), CounterflowError);
});

test('edit distance counts insertions, deletions and substitutions', () => {
  assert.equal(editDistance('kitten', 'sitting'), 3);
  assert.equal(editDistance('', 'abc'), 3);
  assert.equal(editDistance('flow', 'flow'), 0);
  assert.equal(nearest('zzzzzzzz', ['pinwheel', 'spiral']), null);
});

test("a set in MNIST's form is taken by its name, with a classifier of as many classes", () => {
  const of = (...set: string[]) =>
    resolveConfig(findExperiment(experiments, 'mnist-quick'), { set, seed: undefined });
  assert.deepEqual(of('dataset.variant=fashion').dataset, {
    kind: 'mnist',
    padValue: 0,
    allowPartial: false,
    variant: 'fashion',
  });
  assert.throws(
    () => of('dataset.variant=emnist-letters'),
    /--set featureNetwork\.model\.classes to be at least 26, the classes of dataset emnist-letters, got 10.* set it to 26/i,
  );
  assert.equal(
    of('dataset.variant=emnist-letters', 'featureNetwork.model.classes=26').featureNetwork!.model.classes,
    26,
  );
  assert.throws(() => of('dataset.variant=letters'), /dataset\.variant/);
});
