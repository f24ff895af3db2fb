import '../../support/tensorflow.ts';
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { openSession } from '../../../infra/compute/replay-session.ts';
import { ebmSchema } from '../../../models/ebm/config.ts';
import { createEbm } from '../../../models/ebm/create-ebm.ts';
import type { Bijection } from '../../../models/flow/bijection.ts';
import { flowSchema } from '../../../models/flow/config.ts';
import { createFlow } from '../../../models/flow/flow.ts';
import { EagerSession } from '../../../models/graph/eager-session.ts';
import { toOnnx } from '../../../models/graph/onnx.ts';
import type { Params, ParamSpec } from '../../../models/params.ts';
import { tf, type NamedArrays, type Tensor, type Tensors, type Values } from '../../../models/tensors.ts';
import { bijectionCases } from '../../support/bijection-cases.ts';
import { noisyParams, normalTensor, toArrays } from '../../support/weights.ts';

/** Relative to values of 1 and more: two orders of summation, and two libraries. */
const replayTolerance = 1e-5;
const onnxTolerance = 1e-4;

interface Forward {
  readonly params: NamedArrays;
  /** Of one datum. */
  readonly shape: readonly number[];
  readonly run: (params: Params, x: Tensor) => Tensors;
}
type Results = Readonly<Record<string, Values>>;

const valuesOf = (arrays: NamedArrays): Record<string, Values> => Object.fromEntries(Object.entries(arrays).map(([name, { values }]) => [name, values]));
const input = (shape: readonly number[], batch: number): Values => normalTensor([batch, ...shape], `input ${batch}`).dataSync() as Float32Array;

function programOf({ params, shape, run }: Forward, batch: number) {
  return { variables: params, functions: { run: { inputs: { x: { shape: [batch, ...shape], dtype: 'float32' as const } }, run: (variables: Tensors, { x }: Tensors) => ({ outputs: run(variables, x!) }) } } };
}

function eagerly(forward: Forward, batch: number): Results {
  const session = new EagerSession(programOf(forward, batch));
  session.assign(valuesOf(forward.params));
  const results = session.run('run', { x: input(forward.shape, batch) });
  session.dispose();
  return results;
}

function replayed(forward: Forward, batch: number): Results {
  const session = openSession(programOf(forward, batch));
  session.assign(valuesOf(forward.params));
  const results = session.run('run', { x: input(forward.shape, batch) });
  session.dispose();
  return results;
}

async function inOnnxruntime(session: InferenceSession, shape: readonly number[], batch: number): Promise<Results> {
  const results = await session.run({ x: new OrtTensor('float32', input(shape, batch) as Float32Array, [batch, ...shape]) });
  return Object.fromEntries(Object.entries(results).map(([name, { data }]) => [name, data as Float32Array]));
}

function agree(actual: Results, expected: Results, tolerance: number, what: string): void {
  assert.deepEqual(Object.keys(actual).sort(), Object.keys(expected).sort());
  for (const [name, values] of Object.entries(expected)) {
    assert.equal(actual[name]!.length, values.length, `${what} ${name}`);
    const scale = Math.max(1, ...Array.from(values, Math.abs));
    values.forEach((value, i) => assert.ok(Math.abs(actual[name]![i]! - value) <= tolerance * scale, `${what} ${name}[${i}]: ${actual[name]![i]} is not ${value}`));
  }
}

function threeLives(name: string, forward: Forward): void {
  test(`${name}: replay agrees with eager to ${replayTolerance}, ONNX to ${onnxTolerance} at any batch size`, async () => {
    agree(replayed(forward, 4), eagerly(forward, 4), replayTolerance, 'replayed');
    const bytes = toOnnx({
      name: 'forward', weights: forward.params, metadata: {},
      inputs: { x: { shape: ['batch', ...forward.shape], dtype: 'float32' } }, run: (weights, { x }) => forward.run(weights, x!),
    });
    const session = await InferenceSession.create(bytes, { logSeverityLevel: 3 });
    for (const batch of [1, 3, 8]) agree(await inOnnxruntime(session, forward.shape, batch), eagerly(forward, batch), onnxTolerance, `at batch ${batch}`);
  });
}

const randomised = (specs: readonly ParamSpec[], noise: number): NamedArrays => toArrays(noisyParams(specs, noise));
/** A log-determinant that is the same for every datum need not be an output: replay and ONNX see it in whole flows. */
const outputsOf = ({ y, logDet }: ReturnType<Bijection['toData']>): Tensors => ({ y, log_det: tf.add(logDet, tf.zeros([1])) });

describe('a bijection lives three ways', () => {
  for (const { name, make, shape, noise = 0.1 } of bijectionCases) {
    const f = make();
    const params = randomised(f.params, noise);
    const latentShape = tf.tidy(() => f.toLatent(noisyParams(f.params, 0), normalTensor([1, ...shape], 'x')).y.shape.slice(1));
    threeLives(`${name} to latents`, { params, shape, run: (p, x) => outputsOf(f.toLatent(p, x)) });
    threeLives(`${name} to data`, { params, shape: latentShape, run: (p, x) => outputsOf(f.toData(p, x)) });
    if (f.freeze) threeLives(`${name} to data, frozen`, { params: { ...params, ...f.freeze(params) }, shape: latentShape, run: (p, x) => outputsOf(f.toData(p, x)) });
  }
});

describe('a flow\'s density and sampler live three ways', () => {
  for (const mixing of ['lu', 'orthogonal']) {
    for (const [kind, config, shape] of [
      ['vector', { couplings: 4, width: 16 }, [2]], ['image', { levels: 2, depth: 2, width: 8 }, [8, 8, 3]],
    ] as const) {
      const flow = createFlow(flowSchema.parse({ kind, mixing, ...config }), shape);
      const params = randomised(flow.params, 0.05);
      threeLives(`${kind} ${mixing} logProb`, { params, shape, run: (p, x) => ({ log_prob: flow.logProb(p, x) }) });
      threeLives(`${kind} ${mixing} sample`, {
        params: { ...params, ...flow.freeze!(params) }, shape: [flow.dim],
        run: (p, z) => { const { x, logProb } = flow.sample(p, z); return { data: x, log_prob: logProb }; },
      });
    }
  }
});

describe('an EBM lives three ways', () => {
  for (const [config, shape] of [[{ kind: 'dense', width: 16 }, [2]], [{ kind: 'conv', channels: [4, 8] }, [8, 8, 3]]] as const) {
    const ebm = createEbm(ebmSchema.parse(config), shape);
    threeLives(config.kind, {
      params: randomised(ebm.params, 0.05), shape,
      run: (p, x) => ({ energy: ebm.energy(p, x), log_prob: ebm.logProb(p, x), features: ebm.features(p, x) }),
    });
  }
});
