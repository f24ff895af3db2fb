/** pytorch-fid on the same images and the same random weights, where a Python has it: test/golden/pytorch-fid.py. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { readCheckpoint } from '../../../activities/pytorch/read-checkpoint.ts';
import { createOnnxRuntime } from '../../../infra/compute/evaluate/onnx-runtime.ts';
import { toPlanes } from '../../../infra/compute/evaluate/pixels.ts';
import { fidInception } from '../../../models/inception/fid-inception.ts';
import { uniform } from '../../../models/random.ts';
import { temporaryFolder } from '../../support/folders.ts';
import { checkModels } from '../../support/onnx-python.ts';
import { hasPython, runPython, skipWithout } from '../../support/python.ts';

const referee = 'test/golden/pytorch-fid.py';
const folder = temporaryFolder('pytorch-fid');
const at = (name: string): string => join(folder, name);

describe('beside pytorch-fid', { skip: skipWithout('pytorch_fid') }, () => {
  before(() => void runPython([referee, 'weights', at('new.pth'), at('old.pth')]));

  const built = async (name: string): Promise<Uint8Array> => fidInception(await readCheckpoint(readFileSync(at(name)), name), { metadata: {}, version: '' });

  test('the network has the same features of noise and of pictures, smaller and larger than its 299x299, to 1e-3', async () => {
    writeFileSync(at('inception.onnx'), await built('new.pth'));
    const network = await createOnnxRuntime(2).open(at('inception.onnx'));
    for (const [height, width] of [[32, 32], [64, 48], [320, 301]] as const) {
      const images = pictures(2, height, width);
      writeFileSync(at('images.npy'), npyBytes(images, [2, height, width, 3]));
      runPython([referee, 'features', at('new.pth'), at('images.npy'), at('features.npy'), '2']);
      const { features } = await network.run(toPlanes(images, [height, width, 3]), [2, 3, height, width], ['features']);
      const expected = readFloats(at('features.npy'));
      assert.equal(features.length, expected.length);
      const error = norm(features.map((value, i) => value - expected[i]!)) / norm(expected);
      assert.ok(error < 1e-3, `${height}x${width}: ${error}`);
    }
  });

  test('both forms of the weights give the same file, which onnx\'s checker takes', async () => {
    const [first, second] = [await built('new.pth'), await built('old.pth')];
    assert.ok(Buffer.from(first).equals(second), 'two networks');
    if (hasPython('onnx')) checkModels([['inception', first]]);
  });
});

const norm = (values: Float32Array): number => Math.hypot(...values);

/** Half noise, half smooth waves. */
function pictures(count: number, height: number, width: number): Uint8Array {
  const next = uniform(1, 'pictures');
  return Uint8Array.from({ length: count * height * width * 3 }, (_, i) => {
    const [image, row, column] = [Math.floor(i / (height * width * 3)), Math.floor(i / (width * 3)) % height, Math.floor(i / 3) % width];
    return image % 2 === 0 ? 256 * next() : 127.5 + 127 * Math.sin(row / 5 + (i % 3)) * Math.cos(column / 7);
  });
}

/** numpy's format, version 1. */
function npyBytes(values: Uint8Array, shape: readonly number[]): Uint8Array {
  const header = `{'descr': '|u1', 'fortran_order': False, 'shape': (${shape.join(', ')},), }`.padEnd(117) + '\n';
  return Buffer.concat([Buffer.from('\x93NUMPY\x01\x00v\x00', 'latin1'), Buffer.from(header), values]);
}

function readFloats(path: string): Float32Array {
  const file = readFileSync(path);
  return new Float32Array(file.buffer.slice(file.byteOffset + 10 + file.readUInt16LE(8), file.byteOffset + file.length));
}
