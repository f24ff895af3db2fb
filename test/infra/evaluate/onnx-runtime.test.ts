import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { InferenceSession } from 'onnxruntime-node';
import { createOnnxRuntime, type SessionOpener } from '../../../infra/compute/evaluate/onnx-runtime.ts';
import { writeOnnx } from '../../support/onnx-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'counterflow-onnx-runtime-'));
after(() => rmSync(folder, { recursive: true }));
const at = (name: string): string => join(folder, `${name}.onnx`);
const input = Float32Array.of(1, 2, 3, 4, 5, 6);

/** y = op(x), x [batch, 2]. */
const file = async (name: string, op: string): Promise<string> => {
  await writeOnnx(at(name), {
    inputs: { x: ['batch', 2] },
    outputs: { y: ['batch', 2] },
    nodes: [{ op, inputs: ['x'], outputs: ['y'] }],
  });
  return at(name);
};
const exp = await file('exp', 'Exp');
const sqrt = await file('sqrt', 'Sqrt');

/** Real sessions on the CPU; `onWebGpu` is what the WebGPU provider takes the file for. */
const providersWhere =
  (onWebGpu: (path: string) => string): SessionOpener =>
  (path, provider) =>
    InferenceSession.create(provider === 'webgpu' ? onWebGpu(path) : path, { executionProviders: ['cpu'] });

const valuesOf = async (runtime: ReturnType<typeof createOnnxRuntime>, path: string): Promise<number[]> => {
  const { y } = await (await runtime.open(path)).run(input, [3, 2], ['y']);
  return [...y];
};
const near = (found: readonly number[], expected: (x: number) => number): void =>
  found.forEach((y, i) =>
    assert.ok(Math.abs(y - expected(input[i]!)) < 1e-4 * expected(input[i]!), `${y} at ${input[i]}`),
  );

describe('a provider is held against the CPU on the first data of each file', () => {
  test("one that computes something else is given up, by name, and the values are the CPU's", async () => {
    const runtime = createOnnxRuntime(
      1,
      ['webgpu', 'cpu'],
      providersWhere((path) => (path === exp ? sqrt : path)),
    );
    near(await valuesOf(runtime, sqrt), Math.sqrt);
    assert.equal(runtime.provider(), 'webgpu');
    near(await valuesOf(runtime, exp), Math.exp);
    assert.match(
      runtime.provider(),
      /^cpu; webgpu is off the CPU's values by \d[.\d]* relative in exp\.onnx$/,
    );
    await runtime.release();
  });

  test('one that computes the same goes on', async () => {
    const runtime = createOnnxRuntime(
      1,
      ['webgpu', 'cpu'],
      providersWhere((path) => path),
    );
    near(await valuesOf(runtime, exp), Math.exp);
    assert.equal(runtime.provider(), 'webgpu');
    await runtime.release();
  });

  test('one that fails when it is run is given up too', async () => {
    const wider = at('wider');
    await writeOnnx(wider, {
      inputs: { x: ['batch', 3] },
      outputs: { y: ['batch', 3] },
      nodes: [{ op: 'Exp', inputs: ['x'], outputs: ['y'] }],
    });
    const runtime = createOnnxRuntime(
      1,
      ['webgpu', 'cpu'],
      providersWhere(() => wider),
    );
    near(await valuesOf(runtime, exp), Math.exp);
    assert.equal(runtime.provider(), 'cpu; webgpu cannot run exp.onnx');
    await runtime.release();
  });

  test("an input that the file itself cannot take is the caller's mistake", async () => {
    const runtime = createOnnxRuntime(
      1,
      ['webgpu', 'cpu'],
      providersWhere((path) => path),
    );
    const model = await runtime.open(exp);
    await assert.rejects(model.run(input, [2, 3], ['y']), {
      name: 'DataError',
      message: /exp\.onnx cannot take an input of shape \[2,3\]/,
    });
    assert.equal(runtime.provider(), 'webgpu');
    await runtime.release();
  });
});
