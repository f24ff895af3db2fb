/** A flow that y0ast/Glow-PyTorch trained: densities and samples are those of its own network
 *  (test/golden/glow-pytorch.py). */
import '../../support/tensorflow.ts';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { FlowForm } from '../../../activities/initial-flow/flow-form.ts';
import { readFlowCheckpoint } from '../../../activities/initial-flow/read-flow-checkpoint.ts';
import { parametersOf } from '../../../activities/initial-flow/read-glow-pytorch.ts';
import { readCheckpoint } from '../../../activities/formats/pytorch/read-checkpoint.ts';
import { CheckpointTensor } from '../../../activities/formats/pytorch/tensor.ts';
import { prepareInitialFlow } from '../../../infra/compute/prepare-initial-flow.ts';
import { flowSchema } from '../../../models/flow/config.ts';
import { createFlow } from '../../../models/flow/flow.ts';
import { unflatten } from '../../../models/core/params.ts';
import { tf } from '../../../models/core/tensors.ts';
import { assertBelow } from '../../support/assert-below.ts';
import { temporaryFolder } from '../../support/folders.ts';

const folder = new URL('../../golden/glow-pytorch/', import.meta.url);
const scratch = temporaryFolder('glow-pytorch');
interface Facts {
  readonly images: readonly number[];
  /** Nats. */
  readonly logProb: readonly number[];
  readonly bitsPerDim: readonly number[];
  readonly latents: readonly number[];
  readonly samples: readonly number[];
}
const factsOf = (name: string): Facts =>
  JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8')) as Facts;
const foreign = {
  kind: 'image',
  depth: 2,
  width: 16,
  mixing: 'lu-stored',
  scale: { kind: 'sigmoid' },
  splitScale: 'free',
};
const forms: Readonly<Record<string, FlowForm>> = {
  factorised: { flow: flowSchema.parse({ ...foreign, levels: 2, top: 'learned' }), shape: [8, 8, 3] },
  plain: { flow: flowSchema.parse({ ...foreign, levels: 3 }), shape: [8, 8, 1] },
};
const bytesOf = (name: string): Uint8Array => readFileSync(new URL(`${name}.pt`, folder));

/** Of values of order 1: float32 through some forty layers, against float64. */
const tolerance = 2e-5;
const assertClose = (ours: ArrayLike<number>, theirs: readonly number[]): void => {
  assert.equal(ours.length, theirs.length);
  assertBelow(
    Math.max(...theirs.map((value, i) => Math.abs(value - ours[i]!) / Math.max(1, Math.abs(value)))),
    tolerance,
  );
};

describe('a flow of y0ast/Glow-PyTorch', () => {
  for (const [name, { flow: config, shape }] of Object.entries(forms)) {
    test(`has the densities and the samples of its own network: ${name}`, async () => {
      const { images, logProb, bitsPerDim, latents, samples } = factsOf(name);
      const file = join(folder.pathname, `${name}.pt`);
      const { checkpoint, source } = await prepareInitialFlow(
        { file, name: `${name}.pt`, flow: config, shape },
        { onProgress: () => undefined, scratch },
      );
      assert.equal(source, 'a checkpoint of y0ast/Glow-PyTorch');
      // what is written is itself a flow to start from
      const { weights } = readFlowCheckpoint(readFileSync(checkpoint!), 'initial-flow.safetensors', {
        flow: config,
        shape,
      });
      const flow = createFlow(config, shape);
      const params = unflatten(flow.params, tf.tensor1d(weights));
      const x = tf.tensor(
        images.map((byte) => byte / 256 - 0.5),
        [images.length / flow.dim, ...shape],
      );
      const logQ = flow.logProb(params, x).dataSync();
      assertClose(logQ, logProb);
      assertClose(
        Array.from(logQ, (value) => (Math.log(256) - value / flow.dim) / Math.LN2),
        bitsPerDim,
      );
      assertClose(
        flow.sample(params, tf.tensor(latents, [latents.length / flow.dim, flow.dim])).x.dataSync(),
        samples,
      );
    });
  }

  test("is read from several GPUs' names too", async () => {
    const tensors = await readCheckpoint(bytesOf('plain'), 'plain.pt');
    const prefixed = new Map([...tensors].map(([name, tensor]) => [`module.${name}`, tensor]));
    assert.deepEqual(
      parametersOf(prefixed, 'plain.pt', forms.plain!),
      parametersOf(tensors, 'plain.pt', forms.plain!),
    );
  });
});

describe('a PyTorch checkpoint is refused as a flow, in one sentence', () => {
  type Tensors = Map<string, CheckpointTensor>;
  const tensor = (shape: readonly number[], value = 0): CheckpointTensor => {
    const values = new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(value);
    const strides = shape.map((_, i) => shape.slice(i + 1).reduce((a, b) => a * b, 1));
    return new CheckpointTensor(
      { type: 'FloatStorage', count: values.length, bytes: () => new Uint8Array(values.buffer) },
      0,
      shape,
      strides,
    );
  };
  const without =
    (pattern: RegExp) =>
    (tensors: Tensors): void => {
      for (const name of [...tensors.keys()].filter((key) => pattern.test(key))) tensors.delete(name);
    };
  const withTensor =
    (name: string, value: CheckpointTensor) =>
    (tensors: Tensors): void =>
      void tensors.set(name, value);
  const only = (tensors: Tensors): void => {
    tensors.clear();
    for (const name of ['conv1.weight', 'bn1.bias', 'fc.weight', 'fc.bias']) tensors.set(name, tensor([1]));
  };
  const rows: readonly (readonly [what: string, change: (tensors: Tensors) => void, sentence: RegExp])[] = [
    [
      'without a tensor',
      without(/^flow\.layers\.5\.block\.2\.actnorm\.logs$/),
      /^Expected flow\.layers\.5\.block\.2\.actnorm\.logs in net\.pt, got no such tensor\. Give the whole state dictionary/,
    ],
    [
      "without the learned prior's scale",
      without(/^learn_top_fn\.logs$/),
      /^Expected learn_top_fn\.logs in net\.pt, got no such tensor/,
    ],
    [
      'without a whole step',
      without(/^flow\.layers\.6\./),
      /^Expected flow\.layers\.6\.actnorm\.bias in net\.pt, got no such tensor/,
    ],
    [
      'without the size of its images',
      without(/^prior_h$/),
      /^Expected prior_h in net\.pt, got no such tensor/,
    ],
    [
      'with a tensor of another shape',
      withTensor('flow.layers.1.actnorm.logs', tensor([1, 11, 1, 1])),
      /^Expected flow\.layers\.1\.actnorm\.logs of shape \[1,12,1,1\] in net\.pt, got \[1,11,1,1\]\./,
    ],
    [
      'with NaN',
      withTensor('flow.layers.1.actnorm.logs', tensor([1, 12, 1, 1], NaN)),
      /^Expected finite weights in flow\.layers\.1\.actnorm\.logs of net\.pt, got NaN at 0 of 12\./,
    ],
    [
      'with weights that overflow',
      withTensor('flow.layers.1.block.0.actnorm.logs', tensor([1, 16, 1, 1], 200)),
      /^Expected finite weights in step0\/coupling\/layer0\/weight, as made of net\.pt, got -?Infinity/,
    ],
    [
      'with a matrix that cannot be inverted',
      withTensor('flow.layers.1.invconv.sign_s', tensor([12], 0)),
      /^Expected flow\.layers\.1\.invconv to be an invertible matrix, got one without: /,
    ],
    [
      'with another prior_h',
      withTensor('prior_h', tensor([1, 48, 2, 2], 1)),
      /^Expected prior_h of net\.pt to be zeros/,
    ],
    [
      'with a tensor that the network has not',
      withTensor('flow.layers.1.extra', tensor([1])),
      /^Expected only tensors of y0ast\/Glow-PyTorch's network in net\.pt, got flow\.layers\.1\.extra too\./,
    ],
    [
      'that is conditioned on classes',
      withTensor('project_ycond.linear.weight', tensor([1])),
      /got a class-conditional one \(project_ycond\)\. Train it without --y_condition\.$/,
    ],
    [
      'of additive couplings',
      withTensor('flow.layers.1.block.4.conv.weight', tensor([6, 16, 3, 3])),
      /got one of additive couplings \(flow_coupling additive\)\. Train it with --flow_coupling affine\.$/,
    ],
    [
      'that shuffles channels',
      without(/\.invconv\./),
      /got one without 1x1 convolutions \(flow_permutation shuffle or reverse\), whose permutations its file does not hold\./,
    ],
    [
      'of another program',
      only,
      /got tensors conv1\.weight, bn1\.bias, fc\.weight and others\. Networks of other programs cannot be read\.$/,
    ],
  ];
  for (const [what, change, sentence] of rows) {
    test(what, async () => {
      const tensors = new Map(await readCheckpoint(bytesOf('factorised'), 'net.pt'));
      change(tensors);
      assert.throws(
        () => parametersOf(tensors, 'net.pt', forms.factorised!),
        (error: Error) =>
          (sentence.test(error.message) && !error.message.includes('\n')) || assert.fail(error.message),
      );
    });
  }

  test('of another form, with the setting that asks for it', async () => {
    const asked = { flow: flowSchema.parse({ kind: 'image' }), shape: [8, 8, 3] };
    const tensors = await readCheckpoint(bytesOf('factorised'), 'net.pt');
    let message = '';
    assert.throws(
      () => parametersOf(tensors, 'net.pt', asked),
      (error: Error) => (message = error.message) !== '',
    );
    assert.match(
      message,
      /^Expected net\.pt to hold the flow that the configuration describes, but models\.flow\.levels is 2 there and 3 here, and \d+ more values as well\. Ask for/,
    );
    const [, setting] = /--set 'models\.flow=(\{.*\})'\.$/.exec(message)!;
    assert.ok(
      parametersOf(tensors, 'net.pt', { flow: flowSchema.parse(JSON.parse(setting!)), shape: [8, 8, 3] }),
    );
  });

  test('that is cut off', async () => {
    await assert.rejects(
      readCheckpoint(bytesOf('factorised').subarray(0, 100_000), 'net.pt'),
      /^BadInputError: net\.pt is no PyTorch checkpoint that can be read/,
    );
  });
});
