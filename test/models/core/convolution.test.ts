import '../../support/tensorflow.ts';
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { openSession } from '../../../infra/compute/replay-session.ts';
import { convolution } from '../../../models/core/convolution.ts';
import { EagerSession } from '../../../models/graph/eager-session.ts';
import type { Program, Session } from '../../../models/graph/program.ts';
import { record } from '../../../models/graph/record.ts';
import type { Tensor, TensorSpec, Values } from '../../../models/core/tensors.ts';
import { tf } from '../../../models/core/tensors.ts';
import { normalTensor } from '../../support/weights.ts';

interface Case {
  readonly size: number;
  readonly inputs: number;
  readonly outputs: number;
  readonly stride: number;
  readonly asProducts: boolean;
}
const cases: Record<string, Case> = {
  '1x1': { size: 1, inputs: 5, outputs: 7, stride: 1, asProducts: true },
  '1x1 from one channel to one': { size: 1, inputs: 1, outputs: 1, stride: 1, asProducts: true },
  '3x3 from many channels to few': { size: 3, inputs: 8, outputs: 3, stride: 1, asProducts: true },
  '3x3 from few channels to many': { size: 3, inputs: 2, outputs: 6, stride: 1, asProducts: true },
  '3x3 of like widths': { size: 3, inputs: 4, outputs: 5, stride: 1, asProducts: false },
  '3x3 of stride 2': { size: 3, inputs: 8, outputs: 3, stride: 2, asProducts: false },
  '1x1 of stride 2': { size: 1, inputs: 8, outputs: 3, stride: 2, asProducts: false },
  '5x5': { size: 5, inputs: 8, outputs: 3, stride: 1, asProducts: false },
};

/** Not square, so that rows and columns cannot be mistaken for each other. */
const image = [2, 4, 6] as const;

/** Of sum(y * dy): y, and the gradients by x and by the weight. */
function gradientsOf({ size, inputs, outputs, stride }: Case): {
  program: Program;
  values: Record<string, Values>;
} {
  const shapes = {
    x: [...image, inputs],
    weight: [size, size, inputs, outputs],
    dy: [image[0], image[1] / stride, image[2] / stride, outputs],
  };
  const specs = Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [name, { shape, dtype: 'float32' } satisfies TensorSpec]),
  );
  return {
    values: Object.fromEntries(
      Object.entries(shapes).map(([name, shape]) => [name, normalTensor(shape, name).dataSync()]),
    ) as Record<string, Values>,
    program: {
      variables: {},
      functions: {
        gradients: {
          inputs: specs,
          run: (_, { x, weight, dy }) => {
            const {
              grads: [dx, dWeight],
            } = tf.valueAndGrads((a: Tensor, b: Tensor) => tf.sum(tf.mul(convolution(a, b, stride), dy!)))([
              x!,
              weight!,
            ]);
            return { outputs: { y: convolution(x!, weight!, stride), dx: dx!, dWeight: dWeight! } };
          },
        },
      },
    },
  };
}

function runOnce(session: Session, values: Readonly<Record<string, Values>>): Record<string, Values> {
  const results = session.run('gradients', values);
  session.dispose();
  return results;
}

for (const [name, convolutionCase] of Object.entries(cases)) {
  test(
    `a ${name} convolution has TensorFlow's own gradients in a `
      + `recording${convolutionCase.asProducts ? ', by matrix products' : ''}`,
    () => {
      const { program, values } = gradientsOf(convolutionCase);
      const expected = runOnce(new EagerSession(program), values);
      const replayed = runOnce(openSession(program), values);
      for (const [output, numbers] of Object.entries(expected)) {
        assert.equal(replayed[output]!.length, numbers.length, output);
        numbers.forEach((value, i) =>
          assert.ok(
            Math.abs(replayed[output]![i]! - value) < 1e-5 * Math.max(1, Math.abs(value)),
            `${output}[${i}]: ${replayed[output]![i]} is not ${value}`,
          ),
        );
      }
      const ops = record(program.variables, program.functions.gradients!).nodes.map((node) =>
        node.kind === 'op' ? node.op : node.kind,
      );
      assert.equal(ops.includes('Conv2DBackpropFilter'), !convolutionCase.asProducts);
    },
  );
}
