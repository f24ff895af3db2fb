import '../../support/tensorflow.ts';
import { describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { StorageError } from '../../../activities/ports/errors.ts';
import { openSession, openSessionIn } from '../../../infra/compute/replay-session.ts';
import { packBytes, unpackBytes } from '../../../models/graph/bytes.ts';
import { EagerSession } from '../../../models/graph/eager-session.ts';
import { gatherRows } from '../../../models/graph/gather-rows.ts';
import type { Program, ProgramFunction, Session } from '../../../models/graph/program.ts';
import {
  foldIn,
  statelessNormal,
  statelessUniform,
  statelessUniformInt,
} from '../../../models/graph/random.ts';
import { tensorflowBackend } from '../../../models/core/tensorflow-backend.ts';
import { normal } from '../../../models/core/random.ts';
import { tf, type Tensor, type Tensors, type TensorSpec, type Values } from '../../../models/core/tensors.ts';
import { temporaryFolder } from '../../support/folders.ts';
import { named, opCases, sizeOf, type OpCase } from '../../support/op-cases.ts';

const scalarInt: TensorSpec = { shape: [], dtype: 'int32' };

/** Regression on data of the graph, with noise from (seed, step) and momentum: batches, gradients,
 *  randomness, updates. */
const training: Program = {
  variables: {
    w: { shape: [3, 2], dtype: 'float32' },
    m: { shape: [3, 2], dtype: 'float32' },
    seed: { shape: [2], dtype: 'int32' },
    data: { shape: [5, 3], dtype: 'int32' },
  },
  functions: {
    step: {
      inputs: { step: scalarInt },
      run: ({ w, m, seed, data }, { step }) => {
        const key = foldIn(seed!, step!);
        const rows = gatherRows(data!, statelessUniformInt([8], foldIn(key, 0), 5)); // [8, 3]
        const bytes = tf.div(tf.slice(unpackBytes(rows), [0, 0], [8, 3]), 256);
        const x = tf.add(
          bytes,
          tf.mul(statelessNormal([8, 3], foldIn(key, 1)), statelessUniform([8, 1], foldIn(key, 2))),
        );
        const loss = (v: Tensor): Tensor =>
          tf.mean(tf.square(tf.sub(tf.tanh(tf.matMul(x as tf.Tensor2D, v as tf.Tensor2D)), 0.5)));
        const { value, grad } = tf.valueAndGrad(loss)(w!);
        const momentum = tf.add(tf.mul(m!, 0.9), grad);
        return {
          outputs: { loss: value, before: w! },
          updates: { w: tf.sub(w!, tf.mul(momentum, 0.1)), m: momentum },
        };
      },
    },
    predict: {
      inputs: { x: { shape: [2, 3], dtype: 'float32' } },
      run: ({ w }, { x }) => ({ outputs: { y: tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D) } }),
    },
  },
};
const start = (seed = 7): Record<string, Values> => ({
  w: Float32Array.of(0.1, -0.2, 0.3, 0.4, -0.5, 0.6),
  m: new Float32Array(6),
  seed: Int32Array.of(seed, -9),
  data: packBytes(Uint8Array.from({ length: 60 }, (_, i) => (i * 37) % 256)),
});

function close(actual: Values, expected: Values, what: string): void {
  assert.equal(actual.constructor, expected.constructor, what);
  expected.forEach((value, i) =>
    assert.ok(
      Object.is(actual[i], value) || Math.abs(actual[i]! - value) <= 1e-5 * Math.max(1, Math.abs(value)),
      `${what}[${i}]: ${actual[i]} is not ${value}`,
    ),
  );
}
function opened(program: Program, values: Readonly<Record<string, Values>> = {}): Session {
  const session = openSession(program);
  session.assign(values);
  return session;
}
const losses = (session: Session, steps: readonly number[]): Values[] =>
  steps.map((step) => session.run('step', { step }).loss!);

/** Bytes this process holds once JavaScript's garbage is collected. */
function resident(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().rss;
}

/** A case's outputs and, where there is one, the gradient of the sum of their squares, at 3 samples. */
function functionOf({
  run,
  shape = ['batch', 4],
  dtype = 'float32',
  weights = {},
  differentiable = true,
}: OpCase): ProgramFunction {
  const sizes = shape.map((size) => (size === 'batch' ? 3 : size));
  const parameters = Object.entries(weights).map(([name, size]): [string, TensorSpec] => [
    name,
    { shape: size, dtype: 'float32' },
  ]);
  return {
    inputs: { x: { shape: sizes, dtype }, ...Object.fromEntries(parameters) },
    run: (_, { x, ...params }) => {
      const outputs = mapValues(named(run(x!, params)), (y) =>
        y.dtype === 'bool' ? tf.cast(y, 'int32') : y,
      );
      if (!differentiable) return { outputs };
      const names = Object.keys(params);
      const loss = (first: Tensor, ...rest: Tensor[]): Tensor => {
        const results = Object.values(
          named(run(first, Object.fromEntries(names.map((name, i) => [name, rest[i]!])))),
        );
        return tf.addN(results.filter((y) => y.dtype === 'float32').map((y) => tf.sum(tf.square(y))));
      };
      const gradients = tf.grads(loss)([x!, ...names.map((name) => params[name]!)]);
      return { outputs: { ...outputs, ...Object.fromEntries(gradients.map((g, i) => [`gradient${i}`, g])) } };
    },
  };
}
const mapValues = (tensors: Tensors, f: (tensor: Tensor) => Tensor): Tensors =>
  Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, f(tensor)]));

describe('a replay session', () => {
  test('computes every op and its gradient as the eager session does', () => {
    const functions = Object.fromEntries(
      Object.values(opCases).map((given, i) => [`case${i}`, functionOf(given)]),
    );
    const program: Program = { variables: {}, functions };
    const [eager, replay] = [new EagerSession(program), openSession(program)];
    Object.entries(opCases).forEach(([what, { from = (v: number) => v }], i) => {
      const next = normal(i, 'inputs');
      const feeds = Object.fromEntries(
        Object.entries(functions[`case${i}`]!.inputs).map(([name, { shape, dtype }]) => {
          const values = Float32Array.from({ length: sizeOf(shape) }, () =>
            name === 'x' ? from(next()) : next(),
          );
          return [name, dtype === 'int32' ? Int32Array.from(values) : values];
        }),
      );
      const [expected, actual] = [eager.run(`case${i}`, feeds), replay.run(`case${i}`, feeds)];
      for (const [name, values] of Object.entries(expected)) close(actual[name]!, values, `${what}: ${name}`);
    });
    replay.dispose();
  });

  test('trains as the eager session does, whatever the seed, the weights and the steps', () => {
    const [eager, replay] = [new EagerSession(training), openSession(training)];
    const seen = new Set<string>();
    for (const seed of [7, 8]) {
      for (const session of [eager, replay])
        session.assign({ ...start(seed), w: start(seed).w!.map((w) => w * seed) });
      for (const step of [0, 1, 5, 1000]) {
        const [expected, actual] = [eager.run('step', { step }), replay.run('step', { step })];
        close(actual.loss!, expected.loss!, `loss, seed ${seed}, step ${step}`);
        close(actual.before!, expected.before!, 'weights before the update');
        seen.add(String(actual.loss));
      }
      const [expected, actual] = [eager.read(['w', 'm']), replay.read(['w', 'm'])];
      close(actual.w!, expected.w!, 'w');
      close(actual.m!, expected.m!, 'm');
      const x = Float32Array.of(1, 2, 3, 4, 5, 6);
      close(replay.run('predict', { x }).y!, eager.run('predict', { x }).y!, 'prediction');
    }
    assert.equal(seen.size, 8, 'every seed and step has its own loss');
    eager.dispose();
    replay.dispose();
  });

  test('goes on bit for bit after its variables were carried to another session', () => {
    const whole = opened(training, start());
    const expected = losses(whole, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    const first = opened(training, start());
    const actual = losses(first, [0, 1, 2, 3, 4]);
    const second = opened(training, first.read(['w', 'm', 'seed', 'data']));
    actual.push(...losses(second, [5, 6, 7, 8, 9]));
    assert.deepEqual(actual, expected);
    assert.deepEqual(second.read(['w', 'm']), whole.read(['w', 'm']));
    assert.notDeepEqual(first.read(['w']), second.read(['w']), 'two sessions share no variables');
    [whole, first, second].forEach((session) => session.dispose());
  });

  for (const [kind, create] of [
    ['replayed', openSession],
    ['eager', (program: Program) => new EagerSession(program)],
  ] as const) {
    test(`variables are read in pieces, bit for bit: ${kind}`, () => {
      const session = create({
        variables: { ...training.variables, one: { shape: [], dtype: 'float32' }, later: scalarInt },
        functions: training.functions,
      });
      const values: Record<string, Values> = {
        ...start(),
        w: Float32Array.of(1, -0, NaN, Infinity, 1e-45, 6),
        one: Float32Array.of(9),
      };
      session.assign(values);
      for (const length of [1, 4, 6, 100]) {
        const pieces = [...session.pieces(['seed', 'w', 'one', 'data'], length)];
        assert.ok(pieces.every((piece) => piece.values.length > 0 && piece.values.length <= length));
        assert.deepEqual([...new Set(pieces.map(({ name }) => name))], ['seed', 'w', 'one', 'data']);
        for (const name of ['seed', 'w', 'one', 'data'] as const) {
          const bytes = pieces
            .filter((piece) => piece.name === name)
            .map((piece) =>
              Buffer.from(piece.values.buffer, piece.values.byteOffset, piece.values.byteLength),
            );
          assert.deepEqual(
            Buffer.concat(bytes),
            Buffer.from(values[name]!.buffer),
            `${name}, ${length} at a time`,
          );
        }
      }
      assert.throws(() => [...session.pieces(['later'], 1)], /assigned before use, got none for later/);
      session.dispose();
    });
  }

  test('keeps the bits of what it is assigned, and no hold on the array', () => {
    // NaN, denormals, -0, -Infinity
    const bits = Uint32Array.of(0x7fc00123, 0x00000001, 0x80000000, 0xff800000, 0x3f800001, 0x807fffff);
    const session = opened(training, start());
    const mine = new Float32Array(bits.slice().buffer);
    session.assign({ w: mine });
    mine.fill(0);
    assert.deepEqual([...new Uint32Array(session.read(['w']).w!.buffer)], [...bits]);
    session.dispose();
  });

  test('updates all variables from the values before the step', () => {
    const pair: TensorSpec = { shape: [2], dtype: 'float32' };
    const session = opened(
      {
        variables: { a: pair, b: pair },
        functions: {
          swap: {
            inputs: {},
            run: ({ a, b }) => ({ outputs: { sum: tf.add(a!, b!) }, updates: { a: b!, b: tf.add(a!, b!) } }),
          },
        },
      },
      { a: Float32Array.of(1, 2), b: Float32Array.of(10, 20) },
    );
    for (const expected of [
      [
        [10, 20],
        [11, 22],
      ],
      [
        [11, 22],
        [21, 42],
      ],
    ]) {
      assert.deepEqual([...session.run('swap', {}).sum!], expected[1]);
      const { a, b } = session.read(['a', 'b']);
      assert.deepEqual([[...a!], [...b!]], expected);
    }
    session.dispose();
  });

  test('changes no variable in a run that fails', () => {
    const rows: TensorSpec = { shape: [2, 1], dtype: 'float32' };
    const session = opened(
      {
        variables: { a: rows },
        functions: {
          pick: {
            inputs: { at: { shape: [1], dtype: 'int32' } },
            run: ({ a }, { at }) => ({
              outputs: { row: gatherRows(a!, at!) },
              updates: { a: tf.add(a!, 1) },
            }),
          },
        },
      },
      { a: Float32Array.of(1, 2) },
    );
    assert.throws(() => session.run('pick', { at: Int32Array.of(5) }), /indices\[0\] = 5 is not in \[0, 2\)/);
    assert.deepEqual([...session.read(['a']).a!], [1, 2]);
    session.dispose();
  });

  test('needs no more memory or tensors after 2,000 steps', () => {
    const program: Program = {
      variables: { mean: { shape: [100000], dtype: 'float32' } },
      functions: {
        add: {
          inputs: { x: { shape: [100000], dtype: 'float32' } },
          run: ({ mean }, { x }) => {
            const next = tf.add(mean!, tf.mul(tf.sub(x!, mean!), 0.01));
            return { outputs: { next }, updates: { mean: next } };
          },
        },
      },
    };
    const session = opened(program, { mean: new Float32Array(100000) });
    const x = Float32Array.from({ length: 100000 }, (_, i) => i);
    const native = (): number =>
      (tensorflowBackend() as unknown as { getNumOfTFTensors(): number }).getNumOfTFTensors();
    const steps = (count: number): void => {
      for (let i = 0; i < count; i += 1) session.run('add', { x });
    };
    steps(500);
    const before = { tfjs: tf.memory().numTensors, native: native(), rss: resident() };
    steps(2000);
    assert.equal(tf.memory().numTensors, before.tfjs);
    assert.equal(native(), before.native);
    // One array a step that is not freed would be 800 MB; collected heaps differ by up to 100 MB from one
    // look to the next.
    assert.ok(resident() - before.rss < 200e6, `grew by ${resident() - before.rss} bytes`);
    session.dispose();
  });

  test('tells what it took to open, and leaves no file behind', async () => {
    const scratch = temporaryFolder('replay-session');
    const session = await openSessionIn(scratch, training);
    assert.ok(session.recordMs > 0 && session.loadMs > 0 && session.nodeCount > 20);
    assert.deepEqual(readdirSync(scratch), []);
    session.dispose();
    writeFileSync(join(scratch, 'file'), '');
    await assert.rejects(
      openSessionIn(join(scratch, 'file'), training),
      (error) => error instanceof StorageError && error.code === 'ENOTDIR',
    );
  });

  test('names the rule that a wrong call breaks', () => {
    const session = openSession(training);
    assert.throws(() => session.run('step', { step: 0 }), /assigned before use, got none for w,m,seed,data/);
    assert.throws(() => session.read(['w']), /assigned before use, got none for w/);
    session.assign(start());
    assert.throws(
      () => session.run('predict', { x: new Float32Array(5) }),
      /Expected 6 values for input 'x' of 'predict' \[2,3\], got 5/,
    );
    assert.throws(() => session.assign({ w: new Float32Array(5) }), /Expected 6 values for variable 'w'/);
    session.dispose();
    assert.throws(() => session.run('step', { step: 0 }), /an open session, got one that was disposed/);
    const wide: Program = {
      variables: { w: { shape: [2], dtype: 'float32' } },
      functions: { f: { inputs: {}, run: ({ w }) => ({ outputs: {}, updates: { w: tf.sum(w!) } }) } },
    };
    assert.throws(() => openSession(wide), /update of variable 'w' to be float32 \[2\], got float32 \[\]/);
    const bool: Program = {
      variables: {},
      functions: { f: { inputs: {}, run: () => ({ outputs: { y: tf.greater(tf.scalar(1), 0) } }) } },
    };
    assert.throws(() => openSession(bool), /output 'y' of 'f' to be float32 or int32, got bool/);
    assert.throws(
      () => openSession({ variables: { 'a b': scalarInt }, functions: {} }),
      /Expected names of letters/,
    );
  });
});
