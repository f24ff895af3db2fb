/** The ONNX files of a run as others get them: what they are called, say of themselves, and compute. */
import '../../support/tensorflow.ts';
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { encodeSafetensors } from '../../../activities/formats/safetensors.ts';
import { exportModels } from '../../../infra/compute/export-models.ts';
import { ownVersion } from '../../../infra/setup/package-version.ts';
import { openSession } from '../../../infra/compute/replay-session.ts';
import { ebmSchema } from '../../../models/ebm/config.ts';
import { createEbm } from '../../../models/ebm/create-ebm.ts';
import { flowSchema } from '../../../models/flow/config.ts';
import { createFlow } from '../../../models/flow/flow.ts';
import { encodeMetadata, modelProto } from '../../../models/graph/onnx-proto.ts';
import { below, flattenParams, type Params } from '../../../models/core/params.ts';
import { tf, type NamedArrays, type Tensors, type Values } from '../../../models/core/tensors.ts';
import { checkModels } from '../../support/onnx-python.ts';
import { hasPython, runPython } from '../../support/python.ts';
import { noisyParams, normalTensor, toArrays } from '../../support/weights.ts';

const folder = mkdtempSync(join(tmpdir(), 'export-models-'));
after(() => rmSync(folder, { recursive: true }));

const shape = [16, 16, 3];
const models = {
  flow: flowSchema.parse({ kind: 'image', levels: 3, depth: 2, width: 8 }),
  ebm: ebmSchema.parse({ kind: 'conv', channels: [4, 8] }),
};
const flow = createFlow(models.flow, shape);
const ebm = createEbm(models.ebm, shape);
// far enough from the start that no layer is an identity
const flowParams = noisyParams(flow.params, 0.05, 1);
const frozenParams = noisyParams(flow.params, 0.05, 2);
const ebmParams = noisyParams(ebm.params, 0.05, 3);
const config = { method: 'fce', reference: 'pretrained', batchSize: 8 };

const checkpoint = join(folder, 'contrast.safetensors');
const flat = (values: Float32Array) => ({ shape: [values.length], dtype: 'float32' as const, values });
writeFileSync(
  checkpoint,
  encodeSafetensors(
    {
      'flow.average': flat(flattenParams(flow.params, flowParams).dataSync() as Float32Array),
      'ebm.average': flat(flattenParams(ebm.params, ebmParams).dataSync() as Float32Array),
      reference: flat(flattenParams(flow.params, frozenParams).dataSync() as Float32Array),
    },
    { config: JSON.stringify(config) },
  ),
);
const job = {
  checkpoint,
  models,
  shape,
  metadata: { training: 'contrast', checkpoint: 'c0ffee' },
} as unknown as Parameters<typeof exportModels>[0];
const written = await exportModels(job, {
  scratch: folder,
  threads: 1,
  signal: new AbortController().signal,
  onProgress: () => undefined,
});
const files = {
  'flow-log-prob': written.flowLogProb!,
  'flow-sample': written.flowSample!,
  ebm: written.ebm!,
};
const bytesOf = (name: keyof typeof files): Uint8Array => readFileSync(files[name]);

interface Decoded {
  readonly producer_name: string;
  readonly producer_version: string;
  readonly opset_import: readonly { readonly version: number }[];
  readonly metadata_props: readonly { readonly key: string; readonly value: string }[];
}
const decoded = (bytes: Uint8Array): Decoded =>
  modelProto.toObject(modelProto.decode(bytes), { longs: Number }) as Decoded;
const metadataOf = (bytes: Uint8Array): Record<string, string> =>
  Object.fromEntries(decoded(bytes).metadata_props.map(({ key, value }) => [key, value]));

/** The same functions in one replayed graph, with variables as they are trained. */
function replayed(name: keyof typeof files, batch: number, fed: Float32Array): Record<string, Values> {
  const relative = (params: Params, x: tf.Tensor): Tensors => {
    const ofFrozen = flow.logProb(
      Object.fromEntries(flow.params.map((spec) => [spec.name, params[`frozen/${spec.name}`]!])),
      x,
    );
    return {
      energy: tf.sub(ebm.energy(params, x), ofFrozen),
      log_prob: tf.add(ebm.logProb(params, x), ofFrozen),
      features: ebm.features(params, x),
    };
  };
  const functions: Record<
    keyof typeof files,
    { params: NamedArrays; input: string; sizes: number[]; run: (params: Params, fed: tf.Tensor) => Tensors }
  > = {
    'flow-log-prob': {
      params: toArrays(flowParams),
      input: 'x',
      sizes: shape,
      run: (params, x) => ({ log_prob: flow.logProb(params, x), z: flow.encode(params, x).z }),
    },
    'flow-sample': {
      params: toArrays(flowParams),
      input: 'z',
      sizes: [flow.dim],
      run: (params, z) => ({ x: flow.sample(params, z).x, log_prob: flow.sample(params, z).logProb }),
    },
    ebm: {
      params: { ...toArrays(ebmParams), ...below('frozen', toArrays(frozenParams)) },
      input: 'x',
      sizes: shape,
      run: relative,
    },
  };
  const { params, input, sizes, run } = functions[name];
  const session = openSession({
    variables: params,
    functions: {
      run: {
        inputs: { [input]: { shape: [batch, ...sizes], dtype: 'float32' } },
        run: (variables, feeds) => ({ outputs: run(variables, feeds[input]!) }),
      },
    },
  });
  session.assign(Object.fromEntries(Object.entries(params).map(([key, { values }]) => [key, values])));
  const outputs = session.run('run', { [input]: fed });
  session.dispose();
  return outputs;
}

const input = (
  name: keyof typeof files,
  batch: number,
): { key: string; values: Float32Array; sizes: number[] } => {
  const sizes = name === 'flow-sample' ? [batch, flow.dim] : [batch, ...shape];
  return {
    key: name === 'flow-sample' ? 'z' : 'x',
    sizes,
    values: normalTensor(
      sizes,
      `${name} ${batch}`,
      name === 'flow-sample' ? 1 : 0.3,
    ).dataSync() as Float32Array,
  };
};

/** The largest |a - b| over the largest |b|. */
function relativeError(actual: ArrayLike<number>, expected: Values): number {
  assert.equal(actual.length, expected.length);
  const scale = Array.from(expected).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return (
    Array.from(expected).reduce((most, value, i) => Math.max(most, Math.abs(actual[i]! - value)), 0) / scale
  );
}

describe('an exported ONNX file', () => {
  for (const name of Object.keys(files) as (keyof typeof files)[]) {
    test(`of ${name} gives what replay gives, within 1e-4 relative, at any batch size`, async () => {
      const session = await InferenceSession.create(files[name], { logSeverityLevel: 3 });
      for (const batch of [1, 5]) {
        const { key, values, sizes } = input(name, batch);
        const found = await session.run({ [key]: new OrtTensor('float32', values, sizes) });
        const expected = replayed(name, batch, values);
        assert.deepEqual(Object.keys(found).sort(), Object.keys(expected).sort());
        for (const [output, reference] of Object.entries(expected)) {
          const error = relativeError(found[output]!.data as Float32Array, reference);
          assert.ok(error <= 1e-4, `${output} at batch ${batch}: ${error}`);
        }
      }
      await session.release();
    });
  }

  test('names inputs and outputs, and leaves the batch open', async () => {
    const ports = await Promise.all(
      Object.values(files).map(async (file) => {
        const session = await InferenceSession.create(file);
        return [session.inputMetadata, session.outputMetadata].map((all) =>
          all.map((port) => `${port.name} ${port.isTensor ? port.shape.join('x') : ''}`),
        );
      }),
    );
    assert.deepEqual(ports, [
      [['x batchx16x16x3'], ['log_prob batch', 'z batchx768']],
      [['z batchx768'], ['x batchx16x16x3', 'log_prob batch']],
      [['x batchx16x16x3'], ['energy batch', 'log_prob batch', 'features batchx128']],
    ]);
  });

  test('says who made it, in which opset, from what, and in which units', () => {
    const {
      producer_name: producer,
      producer_version: version,
      opset_import: opsets,
    } = decoded(bytesOf('ebm'));
    assert.deepEqual(
      [producer, version, opsets.map((opset) => opset.version)],
      ['counterflow', ownVersion, [18]],
    );
    const metadata = metadataOf(bytesOf('ebm'));
    assert.deepEqual(
      [metadata.training, metadata.checkpoint, metadata.model, metadata.opset],
      ['contrast', 'c0ffee', 'ebm', '18'],
    );
    assert.deepEqual(
      [JSON.parse(metadata.models!), JSON.parse(metadata.training_configuration!)],
      [models, config],
    );
    assert.match(metadata.units!, /nats/);
    assert.equal(metadata.input, 'x [batch, 16, 16, 3]');
    assert.match(metadata.pixels!, /byte \/ 256 - 1\/2/);
  });

  test('holds the same bytes each time', async () => {
    const again = await exportModels(job, {
      scratch: mkdtempSync(join(folder, 'again-')),
      threads: 1,
      signal: new AbortController().signal,
      onProgress: () => undefined,
    });
    assert.ok(
      Buffer.from(readFileSync(again.flowLogProb!)).equals(bytesOf('flow-log-prob')),
      'the two exports differ',
    );
  });

  test('of a given flow holds that flow alone, whatever EBM its checkpoint has beside it', async () => {
    const anotherEbm = {
      ...job,
      models: { ...models, ebm: ebmSchema.parse({ kind: 'conv', channels: [4, 16] }) },
      flowAlone: true as const,
    };
    const given = await exportModels(anotherEbm, {
      scratch: mkdtempSync(join(folder, 'alone-')),
      threads: 1,
      signal: new AbortController().signal,
      onProgress: () => undefined,
    });
    assert.equal(given.ebm, null);
    const session = await InferenceSession.create(given.flowLogProb!);
    const { key, values, sizes } = input('flow-log-prob', 2);
    const { log_prob: found } = await session.run({ [key]: new OrtTensor('float32', values, sizes) });
    assert.ok(
      relativeError(found!.data as Float32Array, replayed('flow-log-prob', 2, values).log_prob!) <= 1e-4,
    );
    await session.release();
  });

  test("passes the checker of the onnx package, with and without a run's stamp", (t) => {
    if (!hasPython('onnx')) return t.skip('no Python with the package onnx (COUNTERFLOW_PYTHON names one)');
    const names = Object.keys(files) as (keyof typeof files)[];
    const stamp = encodeMetadata({ run_id: 'run-1', configuration: '{}' });
    checkModels(
      names.flatMap((name) => [
        [name, bytesOf(name)],
        [`${name}, stamped`, Buffer.concat([bytesOf(name), stamp])],
      ]),
    );
  });

  test('gives the same in Python, where a stamped copy tells its run', (t) => {
    if (!hasPython('onnxruntime', 'numpy'))
      return t.skip('no Python with the packages onnxruntime and numpy (COUNTERFLOW_PYTHON names one)');
    const stamped = join(folder, 'stamped.onnx');
    writeFileSync(stamped, Buffer.concat([bytesOf('flow-log-prob'), encodeMetadata({ run_id: 'run-1' })]));
    const { values, sizes } = input('flow-log-prob', 3);
    const program = `import json, sys, numpy as np, onnxruntime as ort
given = json.load(sys.stdin)
flow = ort.InferenceSession(given["file"])
log_prob, z = flow.run(["log_prob", "z"], {"x": np.array(given["x"], np.float32).reshape(given["shape"])})
print(json.dumps({"metadata": flow.get_modelmeta().custom_metadata_map, "log_prob": log_prob.tolist(), "z": z.ravel().tolist()}))`;
    const found = JSON.parse(runPython(program, { file: stamped, x: Array.from(values), shape: sizes })) as {
      metadata: Record<string, string>;
      log_prob: number[];
      z: number[];
    };
    assert.deepEqual([found.metadata.run_id, found.metadata.training], ['run-1', 'contrast']);
    const expected = replayed('flow-log-prob', 3, values);
    assert.ok(relativeError(found.log_prob, expected.log_prob!) <= 1e-4, 'log_prob differs');
    assert.ok(relativeError(found.z, expected.z!) <= 1e-4, 'z differs');
  });
});
