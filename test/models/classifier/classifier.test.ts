import '../../support/tensorflow.ts';
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { toPlanes } from '../../../infra/compute/evaluate/pixels.ts';
import { openSession } from '../../../infra/compute/replay-session.ts';
import {
  checkLabels,
  createClassifier,
  crossEntropy,
  shareRight,
} from '../../../models/classifier/classifier.ts';
import { classifierModelSchema, classifierSchema } from '../../../models/classifier/config.ts';
import { classifierForwards } from '../../../models/classifier/forwards.ts';
import { centred } from '../../../models/training/batch.ts';
import { firstCounters } from '../../../models/training/updates.ts';
import { toOnnx } from '../../../models/graph/onnx.ts';
import { tf, type Tensor } from '../../../models/core/tensors.ts';
import {
  averages,
  images,
  imageShape,
  open,
  stateOf,
  train,
  wholeAndResumed,
} from '../../support/image-training.ts';
import { assertGradient } from '../../support/numeric-gradient.ts';
import { distance, noisyParams, toTensors } from '../../support/weights.ts';

const model = { classes: 3, channels: [4, 6], features: 5 };
const section = (more: object = {}): object => ({
  method: 'classifier',
  updates: 10,
  batchSize: 8,
  classifier: { learningRate: 1e-2 },
  model,
  ...more,
});
const classifier = createClassifier(classifierModelSchema.parse(model), imageShape);
const given = images(6, 4);
const x = centred(tf.tensor(Float32Array.from(given.bytes), [6, ...imageShape]));
const labels = tf.tensor1d(given.labels, 'int32');
const scalar = (tensor: Tensor): number => tensor.dataSync()[0]!;

describe('the cross-entropy', () => {
  test('is log K where nothing is known, and the softmax of a logit otherwise', () => {
    assert.ok(
      Math.abs(scalar(crossEntropy(tf.zeros([4, 3]), tf.tensor1d([0, 1, 2, 0], 'int32'))) - Math.log(3))
        < 1e-6,
      'not log 3',
    );
    const expected = -Math.log(Math.exp(2) / (Math.exp(1) + Math.exp(2) + Math.exp(-1)));
    assert.ok(
      Math.abs(scalar(crossEntropy(tf.tensor2d([[1, 2, -1]]), tf.tensor1d([1], 'int32'))) - expected) < 1e-6,
      'not the softmax',
    );
  });
  test('is finite for logits of 10^4', () => {
    assert.equal(scalar(crossEntropy(tf.tensor2d([[1e4, 0, 0]]), tf.tensor1d([1], 'int32'))), 1e4);
  });
  test("has beside it the share of rows whose largest logit is the label's", () => {
    assert.equal(
      scalar(
        shareRight(
          tf.tensor2d([
            [1, 2],
            [2, 1],
            [0, 3],
            [5, 0],
          ]),
          tf.tensor1d([1, 1, 1, 0], 'int32'),
        ),
      ),
      0.75,
    );
  });
});

describe('a classifier', () => {
  test('has a gradient that agrees with a numeric one', () => {
    assertGradient(
      classifier.params,
      (params) => ({
        loss: crossEntropy(classifier.logits(params, classifier.features(params, x)), labels),
        aux: {},
      }),
      { step: 2e-3, relative: 2e-2 },
    );
  });

  test('sees each image by itself', () => {
    const params = noisyParams(classifier.params, 0.2);
    assert.ok(
      distance(
        tf.slice(classifier.features(params, x), [2], [1]),
        classifier.features(params, tf.slice(x, [2], [1])),
      ) < 1e-5,
      'features differ',
    );
  });

  test('refuses labels that are no class, and sides that its convolutions do not halve evenly', () => {
    checkLabels([0, 2, 1], 3);
    assert.throws(() => checkLabels([0, 3], 3), /labels from 0 to 2, got 3. Set model.classes/);
    assert.throws(() => checkLabels([-1], 3), /got -1/);
    assert.throws(
      () => createClassifier(classifierModelSchema.parse({ channels: [4, 4, 4, 4] }), imageShape),
      /divisible by 16/,
    );
  });
});

describe('a training by labels', () => {
  const trained = (more: object = {}) => train(open(section(more)));

  test('learns which column is bright, of held-out images too', () => {
    const opened = open(section({ updates: 60, averaging: 0 }));
    const { lines } = train(opened);
    assert.ok(Number(lines.at(-1)!.loss) < 0.2, `loss ${lines.at(-1)!.loss}`);
    assert.equal(opened.session.run('probe', {})['accuracy.heldOut']![0], 1);
  });

  test('learns nothing of held-out images from labels that belong to other images', () => {
    const opened = open(section({ updates: 60, averaging: 0 }));
    const shuffled = Int32Array.from({ length: 24 }, (_, i) => Math.floor(i / 3) % 3);
    opened.session.assign({ 'data.labels': shuffled });
    train(opened);
    assert.ok(opened.session.run('probe', {})['accuracy.heldOut']![0]! < 0.9, 'it knew them all the same');
  });

  test('of ten updates equals five, a resume, and five more, bit for bit', () => {
    const [whole, resumed] = wholeAndResumed(section());
    assert.deepEqual(resumed.state, whole.state);
  });

  const options: readonly (readonly [string, object])[] = [
    ['model.classes', { model: { ...model, classes: 4 } }],
    ['model.channels', { model: { ...model, channels: [4, 5] } }],
    ['model.features', { model: { ...model, features: 6 } }],
    ['batchSize', { batchSize: 9 }],
    ['flips', { flips: true }],
    ['averaging', { averaging: 0 }],
    ['classifier.learningRate', { classifier: { learningRate: 1e-3 } }],
  ];
  for (const [name, more] of options) {
    test(`changes with ${name}`, () => assert.notDeepEqual(trained(more).state, trained().state));
  }

  test('in parts has the gradient of the whole batch', () => {
    const [whole, parts] = [trained({ updates: 1 }), trained({ updates: 1, microBatch: 2 })];
    assert.ok(
      Math.abs(Number(parts.lines[0]!.gradNorm) - Number(whole.lines[0]!.gradNorm)) < 1e-4,
      `${parts.lines[0]!.gradNorm} is not ${whole.lines[0]!.gradNorm}`,
    );
  });

  test(
    'replayed agrees with eager, and the exported network, given planes of bytes, with its features '
      + 'and logits to 1e-4',
    async () => {
      const [eager, replay] = [open(section()), open(section(), { openSession })];
      const [expected, actual] = [train(eager, firstCounters, 3), train(replay, firstCounters, 3)];
      for (const name of stateOf(eager.training)) {
        expected.state[name]!.forEach((value, i) =>
          assert.ok(
            Math.abs(actual.state[name]![i]! - value) < 1e-4,
            `${name}[${i}]: ${actual.state[name]![i]} is not ${value}`,
          ),
        );
      }
      const [network] = classifierForwards(
        classifierSchema.parse(section()),
        imageShape,
        averages(eager, expected),
      );
      const session = await InferenceSession.create(toOnnx({ ...network!, metadata: {} }), {
        logSeverityLevel: 3,
      });
      const params = toTensors(network!.weights);
      for (const batch of [1, 6]) {
        const planes = toPlanes(given.bytes.subarray(0, batch * 64), imageShape);
        const found = await session.run({ images: new OrtTensor('float32', planes, [batch, 1, 8, 8]) });
        const features = classifier.features(params, tf.slice(x, [0], [batch]));
        assert.ok(
          distance(tf.tensor2d(found.features!.data as Float32Array, [batch, 5]), features) < 1e-4,
          'features differ',
        );
        assert.ok(
          distance(
            tf.tensor2d(found.logits!.data as Float32Array, [batch, 3]),
            classifier.logits(params, features),
          ) < 1e-4,
          'logits differ',
        );
      }
    },
  );
});
