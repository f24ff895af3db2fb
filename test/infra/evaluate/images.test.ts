/** Images that stay on the disk while they are evaluated. */
import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { encodeSafetensors } from '../../../activities/formats/safetensors.ts';
import { inMemory, keptImages, openStoredImages } from '../../../infra/compute/evaluate/images.ts';
import { temporaryFolder } from '../../support/folders.ts';

const folder = temporaryFolder('images');
const shape = [2, 2, 1];
const bytes = Uint8Array.from({ length: 20 }, (_, i) => 10 * i);
const path = join(folder, 'set');
writeFileSync(
  path,
  encodeSafetensors({ x: { shape: [5, 1], dtype: 'int32', values: new Int32Array(bytes.slice().buffer) } }),
);

describe('a set of images', () => {
  test('gives those that are asked for, as many as there are, from a file as from memory', () => {
    const file = openStoredImages(path, shape);
    for (const images of [file, inMemory(bytes, shape)]) {
      assert.equal(images.count, 5);
      assert.deepEqual([...images.read(1, 3)], [...bytes.subarray(4, 12)]);
      assert.deepEqual([...images.read(3, 9)], [...bytes.subarray(12)]);
      assert.equal(images.read(7, 9).length, 0);
    }
    file.close();
  });

  test("of another size than the models' is refused", () =>
    assert.throws(() => openStoredImages(path, [2, 4, 1]), {
      name: 'DataError',
      message: /Expected images of 8 bytes \[2,4,1\] in set, got 4\. Prepare/,
    }));

  test('is kept as it is drawn, in a file that nobody finds', async () => {
    const place = join(folder, 'drawn');
    const images = await keptImages(place, shape, async (add) => {
      await add(bytes.subarray(0, 4));
      await add(bytes.subarray(4));
    });
    assert.equal(existsSync(place), false);
    assert.deepEqual([...images.read(0, 5)], [...bytes]);
    images.close();
    await assert.rejects(
      keptImages(place, shape, () => Promise.reject(new Error('no more'))),
      /no more/,
    );
    assert.equal(existsSync(place), false);
  });
});
