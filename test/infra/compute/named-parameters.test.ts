/** A checkpoint's weights as other programs find them: by name and shape, with what the architecture fixes;
 *  and in PyTorch. */
import '../../support/tensorflow.ts';
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { SafetensorsFile } from '../../../activities/formats/safetensors-file.ts';
import { writeCheckpoint } from '../../../infra/compute/checkpoint.ts';
import { openSession } from '../../../infra/compute/replay-session.ts';
import { modelsSchema } from '../../../models/fce/config.ts';
import { createTraining } from '../../../models/create-training.ts';
import { initialize } from '../../../models/training/initialize.ts';
import { trainingSchema } from '../../../models/training-schema.ts';
import { firstCounters } from '../../../models/training/updates.ts';
import { createEbm } from '../../../models/ebm/create-ebm.ts';
import { createFlow } from '../../../models/flow/flow.ts';
import { flattenParams, namedParams, type ParamSpec } from '../../../models/core/params.ts';
import { normal, uniform } from '../../../models/core/random.ts';
import { tf } from '../../../models/core/tensors.ts';
import { temporaryFolder } from '../../support/folders.ts';
import { runPython, skipWithout } from '../../support/python.ts';
import { noisyParams, toTensors } from '../../support/weights.ts';

const folder = temporaryFolder('named-parameters');
const example = fileURLToPath(new URL('../../../docs/examples/densities.py', import.meta.url));
const optimiser = { learningRate: 1e-3 };
const noisy = (specs: readonly ParamSpec[], seed: number): Float32Array =>
  flattenParams(specs, noisyParams(specs, 0.05, seed)).dataSync() as Float32Array;

/** A contrast whose every vector has values of its own, and its checkpoint. */
async function checkpointOf(
  name: string,
  given: object,
  shape: readonly number[],
  reference: 'none' | 'pretrained',
) {
  const models = modelsSchema.parse(given);
  const config = trainingSchema.parse({
    method: 'fce',
    updates: 10,
    batchSize: 8,
    flow: optimiser,
    ebm: optimiser,
    turn: { kind: 'ratio', ebm: 1, flow: 1 },
    reference,
  });
  const training = createTraining(config, models, { shape, count: 64 }, 0);
  const next = normal(1, 'data');
  const image = uniform(1, 'data');
  const data =
    shape.length === 1
      ? Float32Array.from({ length: 128 }, next)
      : Int32Array.from({ length: 16 * shape.reduce((a, b) => a * b, 1) }, () =>
          Math.floor(image() * 2 ** 32),
        );
  const [flow, ebm] = [createFlow(models.flow, shape), createEbm(models.ebm, shape)];
  const session = openSession(training.program);
  session.assign({
    data,
    ...initialize(training, { seed: 1, initialFlow: null, data }),
    'flow.average': noisy(flow.params, 1),
    'ebm.average': noisy(ebm.params, 2),
    ...(reference === 'pretrained' && { reference: noisy(flow.params, 3) }),
  });
  const state = session.read(
    Object.keys(training.program.variables).filter((variable) => variable !== 'data'),
  );
  const file = join(folder, `${name}.safetensors`);
  await writeCheckpoint(file, training, session, firstCounters, {
    config: JSON.stringify(config),
    models: JSON.stringify(models),
    shape: JSON.stringify(shape),
  });
  session.dispose();
  return { file, flow, ebm, state };
}

const cases = {
  images: await checkpointOf(
    'images',
    { flow: { kind: 'image', levels: 2, depth: 2, width: 8 }, ebm: { kind: 'conv', channels: [4, 8] } },
    [8, 8, 3],
    'pretrained',
  ),
  points: await checkpointOf(
    'points',
    {
      flow: { kind: 'vector', couplings: 4, mixing: 'orthogonal', scale: { kind: 'sigmoid' } },
      ebm: { kind: 'dense', width: 16 },
    },
    [2],
    'none',
  ),
};

interface Listed {
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}
function opened(file: string): {
  header: Readonly<Record<string, Listed>>;
  metadata: Readonly<Record<string, string>>;
  values: (name: string) => Float32Array;
} {
  const bytes = readFileSync(file);
  const start = 8 + Number(bytes.readBigUInt64LE());
  const { __metadata__: metadata, ...header } = JSON.parse(bytes.subarray(8, start).toString()) as Record<
    string,
    Listed
  > & { __metadata__: Record<string, string> };
  return {
    header,
    metadata,
    values: (name) => {
      const [from, to] = header[name]!.data_offsets;
      return new Float32Array(new Uint8Array(bytes.subarray(start + from, start + to)).buffer);
    },
  };
}

describe('a checkpoint', () => {
  for (const [name, { file, flow, ebm, state }] of Object.entries(cases)) {
    test(`of ${name} lists every parameter by its name and shape, four times`, () => {
      const { header, metadata, values } = opened(file);
      for (const [player, { params }] of Object.entries({ flow, ebm })) {
        for (const suffix of ['', '.average', '.m', '.v']) {
          for (const [param, { shape, values: expected }] of Object.entries(
            namedParams(params, state[`${player}${suffix}`]!),
          )) {
            assert.deepEqual(header[`${player}${suffix}/${param}`]!.shape, shape);
            assert.deepEqual(values(`${player}${suffix}/${param}`), Float32Array.from(expected));
          }
        }
      }
      assert.match(metadata.arrays!, /PLAYER\.average\/PARAMETER: their exponential moving average/);
    });

    test(`of ${name} is read as the vectors that were written`, () => {
      const read = new SafetensorsFile(file);
      for (const [variable, values] of Object.entries(state))
        assert.deepEqual(read.values(variable, 'float32'), Float32Array.from(values));
      read.close();
    });
  }

  test('holds the permutations and signs that its architecture fixes', () => {
    const { header, values } = opened(cases.images.file);
    const permutation = 'flow.constants/split/deeper/step1/invertibleConv/permutation';
    assert.deepEqual(header[permutation]!.shape, [24, 24]);
    for (let row = 0; row < 24; row += 1)
      assert.equal(
        values(permutation)
          .subarray(24 * row, 24 * (row + 1))
          .reduce((a, b) => a + b, 0),
        1,
      );
    assert.ok(
      !Object.keys(opened(cases.points.file).header).some((name) => name.startsWith('flow.constants')),
    );
  });

  const without = skipWithout('torch', 'numpy', 'safetensors');
  for (const [name, { file, flow, ebm, state }] of Object.entries(cases)) {
    test(`of ${name} gives the same log-densities in PyTorch, within 1e-5`, { skip: without }, () => {
      const next = uniform(1, 'points');
      const shape = [5, ...flow.dataShape];
      const raw = Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () =>
        name === 'points' ? 4 * next() - 2 : Math.floor(256 * next()),
      );
      const input = join(folder, `${name}.npy`);
      runPython(
        `import json, sys, numpy; numpy.save(${JSON.stringify(input)}, `
          + 'numpy.array(json.load(sys.stdin), '
          + `${JSON.stringify(name === 'points' ? 'float32' : 'uint8')}).reshape(${JSON.stringify(shape)}))`,
        raw,
      );
      const x = tf.tensor(
        raw.map((value) => (name === 'points' ? Math.fround(value) : (value + 0.5) / 256 - 0.5)),
        shape,
        'float32',
      );
      const params = (specs: readonly ParamSpec[], of: string) => toTensors(namedParams(specs, state[of]!));
      const logQ = flow.logProb(params(flow.params, 'flow.average'), x);
      const logP = ebm.logProb(params(ebm.params, 'ebm.average'), x);
      const expected = {
        'log q': logQ,
        'log p': name === 'images' ? tf.add(logP, flow.logProb(params(flow.params, 'reference'), x)) : logP,
      };
      const lines = runPython([example, file, input]).trim().split('\n');
      assert.equal(lines.length, 2);
      for (const line of lines) {
        const [what, values] = [
          line.slice(0, 5) as keyof typeof expected,
          line.slice(6).split(' ').map(Number),
        ];
        const reference = expected[what].dataSync();
        assert.equal(values.length, 5);
        values.forEach((value, i) =>
          assert.ok(
            Math.abs(value - reference[i]!) <= 1e-5 * Math.max(1, Math.abs(reference[i]!)),
            `${what}: ${value}, expected ${reference[i]}`,
          ),
        );
      }
    });
  }
});

test('parts of a vector that lie apart are refused', () => {
  const file = join(folder, 'apart.safetensors');
  const header = JSON.stringify({
    'flow/a': { dtype: 'F32', shape: [1], data_offsets: [0, 4] },
    'ebm/b': { dtype: 'F32', shape: [1], data_offsets: [4, 8] },
    'flow/c': { dtype: 'F32', shape: [1], data_offsets: [8, 12] },
  });
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  writeFileSync(file, Buffer.concat([length, Buffer.from(header), Buffer.alloc(12)]));
  assert.throws(
    () => new SafetensorsFile(file),
    /the parts of "flow" do not lie one after another, or differ in dtype/,
  );
});
