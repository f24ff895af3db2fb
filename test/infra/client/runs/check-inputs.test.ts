import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { ExperimentConfig } from '../../../../activities/config/experiment-config.ts';
import { checkInputs } from '../../../../infra/client/runs/check-inputs.ts';
import { exitCodes } from '../../../../infra/base/exit-codes.ts';
import { resolveConfig } from '../../../../infra/client/runs/resolve-config.ts';
import { experiments } from '../../../../workflows/experiments/index.ts';
import { temporaryFolder } from '../../../support/folders.ts';
import { onnxBytes } from '../../../support/onnx-file.ts';
import { matFile, uint8Array } from '../../../support/mat-files.ts';

const root = temporaryFolder('check-inputs');
const configOf = (name: string, ...set: string[]): ExperimentConfig =>
  resolveConfig(experiments[name]!, { set, seed: undefined });
const refused =
  (rule: RegExp) =>
  (error: Error & { exitCode?: number }): boolean =>
    error.exitCode === exitCodes.badInput && rule.test(error.message) && !error.message.includes('\n');

describe('what a run is given is refused before anything starts', () => {
  test('where a classifier would be trained on images without labels, unless a network is given', async () => {
    const dataDir = mkdtempSync(join(root, 'svhn-'));
    writeFileSync(
      join(dataDir, 'train_32x32.mat'),
      matFile([uint8Array('X', [32, 32, 3, 20], new Uint8Array(20 * 3072))]),
    );
    const network = join(root, 'network.onnx');
    writeFileSync(network, onnxBytes({ nodes: [], inputs: { x: [1] }, outputs: { x: [1] } }));
    const config = configOf('svhn-quick', 'dataset.allowPartial=true');
    await assert.rejects(
      checkInputs(config, { dataDir }),
      refused(
        /^Expected labels with the images of .*, got none\. .* --set featureNetwork=null, or give a network with --features\.$/,
      ),
    );
    assert.equal((await checkInputs(config, { dataDir, features: network })).features, network);
    assert.equal(
      (
        await checkInputs(configOf('svhn-quick', 'dataset.allowPartial=true', 'featureNetwork=null'), {
          dataDir,
        })
      ).dataDir,
      dataDir,
    );
  });

  test('where points are to be compared in the features of images', async () => {
    await assert.rejects(
      checkInputs(configOf('spiral'), { features: import.meta.filename }),
      refused(/^Expected --features with a data set of images, got spiral/),
    );
    await assert.rejects(
      checkInputs(configOf('spiral'), { fid: true }),
      refused(/^Expected --fid with a data set of images, got spiral/),
    );
  });

  test('where there are no data, however large a network would have to be downloaded first', async () => {
    await assert.rejects(
      checkInputs(configOf('mnist-quick'), { fid: true, dataDir: mkdtempSync(join(root, 'empty-')) }),
      refused(/train-images-idx3-ubyte\.gz is missing/),
    );
  });
});
