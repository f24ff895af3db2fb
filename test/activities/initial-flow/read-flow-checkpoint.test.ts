/** A flow from a checkpoint of a run: which is taken, and what is said of one that is not. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readFlowCheckpoint } from '../../../activities/initial-flow/read-flow-checkpoint.ts';
import { encodeSafetensors } from '../../../activities/formats/safetensors.ts';
import { flowSchema } from '../../../models/flow/config.ts';
import { flowCheckpoint, smallFlow } from '../../support/flow-files.ts';

const asked = { flow: smallFlow, shape: [2] };
const read = (bytes: Uint8Array, form = asked) => readFlowCheckpoint(bytes, 'flow.safetensors', form);

describe('a checkpoint with a flow', () => {
  test('gives its averaged weights and the training that wrote it', () => {
    const { training, weights } = read(flowCheckpoint({ weights: Float32Array.of(1, -2.5, 3) }));
    assert.equal(training, 'pretrain');
    assert.deepEqual([...weights], [1, -2.5, 3]);
  });

  test('may have left out settings that had their defaults', () => {
    const { hiddenLayers: _, ...older } = smallFlow as Extract<typeof smallFlow, { kind: 'vector' }>;
    assert.equal(
      read(flowCheckpoint({ metadata: { models: JSON.stringify({ flow: older }) } })).weights.length,
      3,
    );
  });
});

describe('a checkpoint is refused in one sentence', () => {
  const whole = flowCheckpoint();
  const wide = { ...smallFlow, width: 16 };
  const rows: readonly (readonly [what: string, bytes: Uint8Array, sentence: RegExp])[] = [
    [
      'that is cut off',
      whole.subarray(0, whole.length - 4),
      /^flow\.safetensors is not a whole safetensors file: its arrays take 12 bytes, and 8 follow the header\.$/,
    ],
    [
      'that is no safetensors',
      Buffer.from('this is a text and nothing else'),
      /^flow\.safetensors is not a whole safetensors file/,
    ],
    [
      'that is empty',
      new Uint8Array(),
      /^flow\.safetensors is not a whole safetensors file: it must begin with 8 bytes/,
    ],
    [
      'without a flow',
      flowCheckpoint({ name: 'vae.average' }),
      /^Expected flow\.average \[N\] in flow\.safetensors, got vae\.average\. Give the checkpoint of a training with a flow/,
    ],
    [
      'whose weights are no vector',
      encodeSafetensors({ 'flow.average': { shape: [1, 1], dtype: 'float32', values: new Float32Array(1) } }),
      /^Expected flow\.average \[N\]/,
    ],
    [
      'with NaN',
      flowCheckpoint({ weights: Float32Array.of(1, NaN, 2) }),
      /^Expected finite weights in flow\.average of flow\.safetensors, got NaN at 1 of 3\./,
    ],
    ['with infinity', flowCheckpoint({ weights: Float32Array.of(-Infinity) }), /got -Infinity at 0 of 1\./],
    [
      'that does not say which flow it holds',
      encodeSafetensors({ 'flow.average': { shape: [1], dtype: 'float32', values: new Float32Array(1) } }),
      /^Expected metadata in flow\.safetensors that says which flow it holds \(models, shape\), got models null and shape null\./,
    ],
    [
      'whose metadata is no JSON',
      flowCheckpoint({ metadata: { models: '{' } }),
      /got models \{ and shape \[2\]\./,
    ],
    [
      'of another width',
      flowCheckpoint({ flow: wide }),
      /^Expected flow\.safetensors to hold the flow that the configuration describes, but models\.flow\.width is 16 there and 8 here\. Ask for the file's flow with --set models\.flow\.width=16\.$/,
    ],
    [
      'of another width and mixing',
      flowCheckpoint({ flow: { ...wide, mixing: 'orthogonal' } }),
      /models\.flow\.width is 16 there and 8 here, and models\.flow\.mixing as well\. Ask for the file's flow with --set 'models\.flow=\{"kind":"vector",.*"width":16,.*\}'\.$/,
    ],
    [
      'of another kind',
      flowCheckpoint({ flow: flowSchema.parse({ kind: 'image' }), shape: [8, 8, 1] }),
      /models\.flow\.kind is "image" there and "vector" here, and \d more values as well/,
    ],
    [
      'for other data',
      flowCheckpoint({ shape: [3] }),
      /^Expected flow\.safetensors to hold a flow for data of shape \[2\], as the data set has, got one for \[3\]\. Give a flow/,
    ],
  ];
  for (const [what, bytes, sentence] of rows) {
    test(what, () =>
      assert.throws(
        () => read(bytes),
        (error: Error) =>
          (sentence.test(error.message) && !error.message.includes('\n')) || assert.fail(error.message),
      ),
    );
  }
});
