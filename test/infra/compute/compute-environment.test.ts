import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { computeEnvironment } from '../../../infra/compute/compute-environment.ts';

const tuning = {
  TF_XLA_FLAGS: '--tf_xla_auto_jit=2',
  OMP_NUM_THREADS: '7',
  ONEDNN_MAX_CPU_ISA: 'SSE41',
  NVIDIA_TF32_OVERRIDE: '1',
};

describe('the environment of a TensorFlow process', () => {
  test("holds nothing of the user's that changes sums", () => {
    Object.assign(process.env, tuning);
    const environment = computeEnvironment({ kind: 'tensorflow', threads: 1, shards: 1 });
    for (const name of Object.keys(tuning)) assert.equal(environment[name], undefined, name);
  });

  test("states threads, determinism and the kernels itself, whatever the user's says", () => {
    Object.assign(process.env, {
      TF_DETERMINISTIC_OPS: '0',
      TF_ENABLE_ONEDNN_OPTS: '0',
      TF_NUM_INTRAOP_THREADS: '9',
    });
    const environment = computeEnvironment({ kind: 'tensorflow', threads: 3, shards: 1 });
    assert.deepEqual(
      [
        environment.TF_DETERMINISTIC_OPS,
        environment.TF_ENABLE_ONEDNN_OPTS,
        environment.TF_NUM_INTRAOP_THREADS,
      ],
      ['1', '1', '3'],
    );
  });

  test('gives every share of a batch a thread, and every op one', () => {
    const environment = computeEnvironment({ kind: 'tensorflow', threads: 3, shards: 3 });
    assert.deepEqual([environment.TF_NUM_INTRAOP_THREADS, environment.TF_NUM_INTEROP_THREADS], ['1', '3']);
  });

  test('holds nothing of a Temporal server that somebody else runs', () => {
    Object.assign(process.env, { TEMPORAL_API_KEY: 'a key', TEMPORAL_ADDRESS: 'elsewhere:7233' });
    for (const kind of ['tensorflow', 'evaluation'] as const) {
      const environment = computeEnvironment({ kind, threads: 1, shards: 1 });
      assert.deepEqual([environment.TEMPORAL_API_KEY, environment.TEMPORAL_ADDRESS], [undefined, undefined]);
    }
  });

  test('keeps which GPU is seen', () => {
    process.env.CUDA_VISIBLE_DEVICES = '1';
    assert.equal(computeEnvironment({ kind: 'tensorflow', threads: 1, shards: 1 }).CUDA_VISIBLE_DEVICES, '1');
  });
});

describe('the environment of an evaluation', () => {
  test("has CUDA multiply in float32, whatever the user's says", () => {
    process.env.NVIDIA_TF32_OVERRIDE = '1';
    assert.equal(computeEnvironment({ kind: 'evaluation', threads: 1, shards: 1 }).NVIDIA_TF32_OVERRIDE, '0');
  });

  test('keeps onnxruntime from reporting what it runs', () => {
    process.env.ORT_DISABLE_TELEMETRY = '0';
    assert.equal(
      computeEnvironment({ kind: 'evaluation', threads: 1, shards: 1 }).ORT_DISABLE_TELEMETRY,
      '1',
    );
  });
});
