import '../../support/tensorflow.ts';
import { describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { packBytes, unpackBytes } from '../../../models/graph/bytes.ts';
import { EagerSession } from '../../../models/graph/eager-session.ts';
import { gatherRows } from '../../../models/graph/gather-rows.ts';
import type { Program } from '../../../models/graph/program.ts';
import {
  foldIn,
  statelessNormal,
  statelessUniform,
  statelessUniformInt,
} from '../../../models/graph/random.ts';
import { tf } from '../../../models/core/tensors.ts';

const counter: Program = {
  variables: { total: { shape: [2], dtype: 'float32' } },
  functions: {
    add: {
      inputs: { x: { shape: [2], dtype: 'float32' }, times: { shape: [], dtype: 'int32' } },
      run: ({ total }, { x, times }) => {
        const next = tf.add(total!, tf.mul(x!, tf.cast(times!, 'float32')));
        return { outputs: { before: total!, after: next }, updates: { total: next } };
      },
    },
  },
};

describe('an eager session', () => {
  test('returns outputs, applies updates, and leaves no tensors behind', () => {
    const before = tf.memory().numTensors;
    const session = new EagerSession(counter);
    session.assign({ total: Float32Array.of(1, 2) });
    const { before: old, after } = session.run('add', { x: Float32Array.of(10, 20), times: 3 });
    assert.deepEqual([...old!, ...after!], [1, 2, 31, 62]);
    assert.deepEqual([...session.read(['total']).total!], [31, 62]);
    session.dispose();
    assert.equal(tf.memory().numTensors, before);
  });

  test('does not share memory with what it was assigned or gave out', () => {
    const session = new EagerSession(counter);
    const mine = Float32Array.of(1, 2);
    session.assign({ total: mine });
    mine[0] = 9;
    session.read(['total']).total![1] = 9;
    assert.deepEqual([...session.read(['total']).total!], [1, 2]);
    session.dispose();
  });

  test('names the rule that a wrong call breaks', () => {
    const session = new EagerSession(counter);
    assert.throws(
      () => session.run('add', { x: Float32Array.of(1, 2), times: 1 }),
      /assigned before use, got none for total/,
    );
    session.assign({ total: Float32Array.of(1, 2) });
    assert.throws(() => session.run('sub', {}), /one of the program's functions \(add\), got 'sub'/);
    assert.throws(
      () => session.run('add', { x: Float32Array.of(1), times: 1 }),
      /Expected 2 values for input 'x'/,
    );
    assert.throws(
      () => session.run('add', { x: Float32Array.of(1, 2) }),
      /a value for input 'times' of 'add', got none/,
    );
    assert.throws(
      () => session.run('add', { x: Int32Array.of(1, 2), times: 1 }),
      /float32 values for input 'x'.*Int32Array/,
    );
    assert.throws(
      () => session.assign({ sum: Float32Array.of(1) }),
      /one of the program's variables \(total\), got 'sum'/,
    );
    session.dispose();
  });
});

describe('random tensors', () => {
  const key = (a: number, b: number): tf.Tensor => tf.tensor1d([a, b], 'int32');
  const moments = (values: ArrayLike<number>): [number, number] => {
    const mean = Array.from(values).reduce((a, b) => a + b) / values.length;
    return [mean, Array.from(values).reduce((a, b) => a + (b - mean) ** 2, 0) / values.length];
  };

  test('are a function of the key', () => {
    const draw = (k: tf.Tensor): string => statelessNormal([8], k).dataSync().join();
    assert.equal(draw(key(1, 2)), draw(key(1, 2)));
    assert.notEqual(draw(key(1, 2)), draw(key(1, 3)));
    assert.notEqual(draw(foldIn(key(1, 2), 5)), draw(foldIn(key(1, 2), 6)));
    assert.equal(draw(foldIn(key(1, 2), 5)), draw(foldIn(key(1, 2), tf.scalar(5, 'int32'))));
    assert.notEqual(draw(foldIn(foldIn(key(1, 2), 5), 6)), draw(foldIn(foldIn(key(1, 2), 6), 5)));
  });

  test('have the moments of their distributions', () => {
    const [normalMean, normalVariance] = moments(statelessNormal([20000], key(3, 4)).dataSync());
    assert.ok(Math.abs(normalMean) < 0.03 && Math.abs(normalVariance - 1) < 0.05);
    const uniforms = statelessUniform([20000], key(3, 4)).dataSync();
    const [mean, variance] = moments(uniforms);
    assert.ok(Math.abs(mean - 0.5) < 0.01 && Math.abs(variance - 1 / 12) < 0.003);
    assert.ok(uniforms.every((u) => u >= 0 && u < 1));
    assert.deepEqual([...new Set(statelessUniformInt([500], key(3, 4), 3).dataSync())].sort(), [0, 1, 2]);
  });
});

test('gatherRows picks whole rows in the order of the indices', () => {
  const data = tf.tensor2d([
    [1, 2],
    [3, 4],
    [5, 6],
  ]);
  assert.deepEqual(gatherRows(data, tf.tensor1d([2, 0, 2], 'int32')).arraySync(), [
    [5, 6],
    [1, 2],
    [5, 6],
  ]);
});

test('bytes packed four to an int32 come back as floats of 0 to 255', () => {
  const bytes = Uint8Array.from({ length: 24 }, (_, i) => (i * 53) % 256);
  bytes[5] = 255;
  const unpacked = unpackBytes(tf.tensor2d(packBytes(bytes), [2, 3], 'int32'));
  assert.deepEqual([unpacked.shape, unpacked.dtype], [[2, 12], 'float32']);
  assert.deepEqual([...unpacked.dataSync()], [...bytes]);
  assert.throws(() => packBytes(new Uint8Array(6)), /multiple of 4 bytes to pack, got 6/);
});
