import '../../support/tensorflow.ts';
import { describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { openSession } from '../../../infra/compute/replay-session.ts';
import { createFlow } from '../../../models/flow/flow.ts';
import { flowSchema, type Recompute } from '../../../models/flow/config.ts';
import { EagerSession } from '../../../models/graph/eager-session.ts';
import type { Program, Session } from '../../../models/graph/program.ts';
import { record } from '../../../models/graph/record.ts';
import { toOnnx } from '../../../models/graph/onnx.ts';
import { conv, dense, heNormal, sequence, type Layer } from '../../../models/core/layers.ts';
import { relu } from '../../../models/core/native-ops.ts';
import {
  flattenParams,
  layoutSize,
  namedParams,
  unflatten,
  type ParamSpec,
} from '../../../models/core/params.ts';
import { recomputed } from '../../../models/core/recompute.ts';
import { tf, type Tensor } from '../../../models/core/tensors.ts';
import { noisyParams, normalTensor } from '../../support/weights.ts';

const vector = sequence(
  [dense(4, 16, heNormal(4)), dense(16, 16, heNormal(16)), dense(16, 6, heNormal(16))],
  relu,
);
const image = sequence(
  [conv(3, 2, 8, heNormal(18)), conv(1, 8, 8, heNormal(8)), conv(3, 8, 4, heNormal(72))],
  relu,
);
const cases: Record<string, { readonly net: Layer; readonly shape: readonly number[] }> = {
  'a net of vectors': { net: vector, shape: [5, 4] },
  'a net of images': { net: image, shape: [5, 4, 4, 2] },
};

/** Value of a sum of squares of the net, and its gradients by the weights and by the input. */
const gradients = (net: Layer, shape: readonly number[]): Program => ({
  variables: { theta: { shape: [layoutSize(net.params)], dtype: 'float32' }, x: { shape, dtype: 'float32' } },
  functions: {
    run: {
      inputs: {},
      run: ({ theta, x }) => {
        const loss = (t: Tensor, input: Tensor): tf.Scalar =>
          tf.sum(tf.square(net.apply(unflatten(net.params, t), input)));
        const {
          value,
          grads: [byWeights, byInput],
        } = tf.valueAndGrads(loss as (...args: Tensor[]) => tf.Scalar)([theta!, x!]);
        return { outputs: { value, byWeights: byWeights!, byInput: byInput! } };
      },
    },
  },
});

const thetaOf = (specs: readonly ParamSpec[]): Float32Array =>
  flattenParams(specs, noisyParams(specs, 0.1)).dataSync() as Float32Array;

function resultsOf(
  session: Session,
  net: Layer,
  shape: readonly number[],
): Record<string, ArrayLike<number>> {
  session.assign({
    theta: thetaOf(net.params),
    x: normalTensor(shape, 'recompute').dataSync() as Float32Array,
  });
  return session.run('run', {});
}

function assertClose(
  actual: Record<string, ArrayLike<number>>,
  expected: Record<string, ArrayLike<number>>,
  relative: number,
): void {
  for (const [name, values] of Object.entries(expected)) {
    const largest = Math.max(...Array.from(values, Math.abs));
    Array.from(values).forEach((value, i) =>
      assert.ok(
        Math.abs(value - actual[name]![i]!) <= relative * largest,
        `${name}[${i}]: ${actual[name]![i]} is not ${value}`,
      ),
    );
  }
}

for (const [name, { net, shape }] of Object.entries(cases)) {
  describe(name, () => {
    for (const [life, open] of [
      ['eager', (program: Program) => new EagerSession(program)],
      ['replayed', openSession],
    ] as const) {
      test(`has the same value and gradients computed again, ${life}`, () => {
        const [kept, again] = [net, recomputed(net)].map((one) =>
          resultsOf(open(gradients(one, shape)), net, shape),
        );
        assert.ok(
          Math.max(...Array.from(kept!.byInput!, Math.abs)) > 0.1,
          'the gradient is nothing: the test says nothing',
        );
        assertClose(again!, kept!, 1e-5);
      });
    }

    test(
      'is computed twice in a graph, the second time after the gradient that comes back, and what '
        + 'comes before it after its gradients',
      () => {
        const program = gradients(recomputed(net), shape);
        const { nodes } = record(program.variables, program.functions.run!);
        const count = (op: string): number =>
          nodes.filter((node) => node.kind === 'op' && node.op === op).length;
        const plain = gradients(net, shape);
        const once = record(plain.variables, plain.functions.run!).nodes.filter(
          (node) => node.kind === 'op' && node.op === 'Relu',
        ).length;
        assert.equal(count('CopyAfter'), 2);
        assert.equal(count('Relu'), 2 * once);
      },
    );
  });
}

test('an ONNX file does not tell whether a training computes again', () => {
  const files = (['none', 'couplings'] satisfies Recompute[]).map((recompute) => {
    const flow = createFlow(
      flowSchema.parse({ kind: 'image', levels: 2, depth: 1, width: 8 }),
      [4, 4, 3],
      recompute,
    );
    return toOnnx({
      name: 'flow',
      weights: namedParams(flow.params, thetaOf(flow.params)),
      inputs: { x: { shape: ['batch', 4, 4, 3], dtype: 'float32' } },
      metadata: {},
      run: (params, { x }) => ({ logProb: flow.logProb(params, x!) }),
    });
  });
  assert.deepEqual(files[0], files[1]);
});
