import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fidWeights } from '../../../../infra/compute/evaluate/fid-weights.ts';
import { exitCodes } from '../../../../infra/base/exit-codes.ts';
import { fidWeightsFile } from '../../../../infra/client/runs/fid-weights-file.ts';
import { temporaryFolder } from '../../../support/folders.ts';

const folder = temporaryFolder('fid-weights');
const bytes = Buffer.from('weights');
const official = {
  name: 'w.pth',
  bytes: bytes.length,
  sha256: createHash('sha256').update(bytes).digest('hex'),
} as unknown as typeof fidWeights;

describe('the weights of an FID', () => {
  test('are the file whose name ends in the beginning of its SHA-256', () => {
    assert.equal(/-([0-9a-f]{8})\.pth$/.exec(fidWeights.name)![1], fidWeights.sha256.slice(0, 8));
    assert.ok(fidWeights.url.endsWith(fidWeights.name), fidWeights.url);
  });

  test('are taken from the cache once they are there, without a network', async () => {
    writeFileSync(join(folder, 'w.pth'), bytes);
    assert.equal(
      await fidWeightsFile({ ...official, url: 'http://127.0.0.1:1/w.pth' as never }, folder),
      join(folder, 'w.pth'),
    );
  });

  test('are refused where the file in the cache is another, with the remedy', async () => {
    writeFileSync(join(folder, 'w.pth'), 'WEIGHTS');
    await assert.rejects(fidWeightsFile({ ...official, url: 'http://127.0.0.1:1/w.pth' as never }, folder), {
      exitCode: exitCodes.badInput,
      message: /to have the SHA-256 .* Remove it/,
    });
  });

  test('that cannot be downloaded are refused with the address to get them from', async () => {
    const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/x.pth`;
    const refused = fidWeightsFile({ ...official, name: 'x.pth' as never, url: url as never }, folder);
    await assert.rejects(refused, {
      exitCode: exitCodes.environment,
      message: new RegExp(`x\\.pth.*get ${url} elsewhere and give the file as --features`),
    });
    server.close();
  });
});
