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
import type { Program, Session } from '../../../models/graph/program.ts';
import type { Params, ParamSpec } from '../../../models/core/params.ts';
import {
  tf,
  type NamedArrays,
  type Tensor,
  type Tensors,
  type Values,
} from '../../../models/core/tensors.ts';
import { bijectionCases } from '../../support/bijection-cases.ts';
import { webgpuWorks } from '../../support/webgpu.ts';
import { noisyParams, normalTensor, toArrays } from '../../support/weights.ts';

/** Relative to values of 1 and more: two orders of summation, and two libraries. */
const replayTolerance = 1e-5;
const onnxTolerance = 1e-4;

/** A pure function of parameters and a batch. */
interface Forward {
  readonly params: NamedArrays;
  /** Of one datum. */
  readonly shape: readonly number[];
  readonly run: (params: Params, x: Tensor) => Tensors;
}
type Forwards = Readonly<Record<string, Forward>>;
type Results = Readonly<Record<string, Values>>;

const batch = 4;
const webgpu = await webgpuWorks();
const providers = webgpu ? ['cpu', 'webgpu'] : ['cpu'];
/** ONNX files that agreed, by provider. */
const agreed: Record<string, number> = {};
const input = (shape: readonly number[], size: number): Float32Array =>
  normalTensor([size, ...shape], `input ${size}`).dataSync() as Float32Array;

/** One program with all the functions, for a batch of one size. */
const programOf = (forwards: Forwards, size: number): Program => ({
  variables: Object.assign({}, ...Object.values(forwards).map(({ params }) => params)) as NamedArrays,
  functions: Object.fromEntries(
    Object.entries(forwards).map(([name, { shape, run }]) => [
      name,
      {
        inputs: { x: { shape: [size, ...shape], dtype: 'float32' } },
        run: (variables, { x }) => ({ outputs: run(variables, x!) }),
      },
    ]),
  ),
});

function runAll(forwards: Forwards, session: Session, size: number): Record<string, Results> {
  for (const { params } of Object.values(forwards)) {
    session.assign(Object.fromEntries(Object.entries(params).map(([name, { values }]) => [name, values])));
  }
  const results = Object.fromEntries(
    Object.entries(forwards).map(([name, { shape }]) => [name, session.run(name, { x: input(shape, size) })]),
  );
  session.dispose();
  return results;
}

async function inOnnxruntime(
  session: InferenceSession,
  shape: readonly number[],
  size: number,
): Promise<Results> {
  const results = await session.run({ x: new OrtTensor('float32', input(shape, size), [size, ...shape]) });
  return Object.fromEntries(Object.entries(results).map(([name, { data }]) => [name, data as Float32Array]));
}

function agree(actual: Results, expected: Results, tolerance: number, what: string): void {
  assert.deepEqual(Object.keys(actual).sort(), Object.keys(expected).sort());
  for (const [name, values] of Object.entries(expected)) {
    assert.equal(actual[name]!.length, values.length, `${what} ${name}`);
    const scale = Math.max(1, ...Array.from(values, Math.abs));
    values.forEach((value, i) =>
      assert.ok(
        Math.abs(actual[name]![i]! - value) <= tolerance * scale,
        `${what} ${name}[${i}]: ${actual[name]![i]} is not ${value}`,
      ),
    );
  }
}

function threeLives(name: string, forwards: Forwards): void {
  test(
    `${name}: replay agrees with eager to ${replayTolerance}, ONNX to ${onnxTolerance} at any batch `
      + 'size',
    async () => {
      const eager = (size: number): Record<string, Results> =>
        runAll(forwards, new EagerSession(programOf(forwards, size)), size);
      const [expected, single] = [eager(batch), eager(1)];
      const replayed = runAll(forwards, openSession(programOf(forwards, batch)), batch);
      for (const [direction, forward] of Object.entries(forwards)) {
        agree(replayed[direction]!, expected[direction]!, replayTolerance, `replayed ${direction}`);
        for (const provider of providers) {
          const session = await InferenceSession.create(exported(forward), {
            executionProviders: [provider],
            logSeverityLevel: 3,
          });
          agree(
            await inOnnxruntime(session, forward.shape, 1),
            single[direction]!,
            onnxTolerance,
            `ONNX ${direction} of 1 on ${provider}`,
          );
          agree(
            await inOnnxruntime(session, forward.shape, batch),
            expected[direction]!,
            onnxTolerance,
            `ONNX ${direction} of ${batch} on ${provider}`,
          );
          await session.release();
          agreed[provider] = (agreed[provider] ?? 0) + 1;
        }
      }
    },
  );
}

const exported = ({ params, shape, run }: Forward): Uint8Array =>
  toOnnx({
    name: 'forward',
    weights: params,
    metadata: {},
    inputs: { x: { shape: ['batch', ...shape], dtype: 'float32' } },
    run: (weights, { x }) => run(weights, x!),
  });
const randomised = (specs: readonly ParamSpec[], noise: number): NamedArrays =>
  toArrays(noisyParams(specs, noise));
/** In a session the frozen constants are variables beside the parameters; unfrozen maps must not see them. */
const only = (params: Params, specs: readonly ParamSpec[]): Params =>
  Object.fromEntries(specs.map(({ name }) => [name, params[name]!]));
/** One log-determinant in a row, where it is the same for every datum. */
const outputsOf = ({ y, logDet }: ReturnType<Bijection['toData']>): Tensors => ({
  y,
  log_det: tf.add(logDet, tf.zeros([1])),
});

describe('a bijection lives three ways', () => {
  for (const { name, make, shape, noise = 0.1 } of bijectionCases) {
    const f = make();
    const params = randomised(f.params, noise);
    const latentShape = tf.tidy(() =>
      f.toLatent(noisyParams(f.params, 0), normalTensor([1, ...shape], 'x')).y.shape.slice(1),
    );
    threeLives(name, {
      toLatent: { params, shape, run: (p, x) => outputsOf(f.toLatent(p, x)) },
      toData: { params, shape: latentShape, run: (p, z) => outputsOf(f.toData(only(p, f.params), z)) },
      ...(f.freeze && {
        toDataFrozen: {
          params: { ...params, ...f.freeze(params) },
          shape: latentShape,
          run: (p: Params, z: Tensor) => outputsOf(f.toData(p, z)),
        },
      }),
    });
  }
});

describe("a flow's density and sampler live three ways", () => {
  for (const mixing of ['lu', 'orthogonal']) {
    for (const [kind, config, shape] of [
      ['vector', { couplings: 4, width: 16 }, [2]],
      ['image', { levels: 2, depth: 2, width: 8 }, [8, 8, 3]],
    ] as const) {
      const flow = createFlow(flowSchema.parse({ kind, mixing, ...config }), shape);
      const params = randomised(flow.params, 0.05);
      threeLives(`${kind} ${mixing}`, {
        logProb: { params, shape, run: (p, x) => ({ log_prob: flow.logProb(p, x) }) },
        sample: {
          params: { ...params, ...flow.freeze!(params) },
          shape: [flow.dim],
          run: (p, z) => {
            const { x, logProb } = flow.sample(p, z);
            return { data: x, log_prob: logProb };
          },
        },
      });
    }
  }
});

describe('an EBM lives three ways', () => {
  for (const [config, shape] of [
    [{ kind: 'dense', width: 16 }, [2]],
    [{ kind: 'conv', channels: [4, 8] }, [8, 8, 3]],
  ] as const) {
    const ebm = createEbm(ebmSchema.parse(config), shape);
    threeLives(config.kind, {
      all: {
        params: randomised(ebm.params, 0.05),
        shape,
        run: (p, x) => ({
          energy: ebm.energy(p, x),
          log_prob: ebm.logProb(p, x),
          features: ebm.features(p, x),
        }),
      },
    });
  }
});

test(
  'the ONNX life is also led on WebGPU, file for file',
  { skip: webgpu ? false : 'no Vulkan driver is here' },
  () => {
    assert.ok(agreed.webgpu! > 0);
    assert.equal(agreed.webgpu, agreed.cpu);
  },
);
