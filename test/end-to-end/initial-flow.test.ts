/** A contrast from a flow that another run trained: real command line, server, worker and compute
 *  processes. */
import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { exitCodes } from '../../infra/base/exit-codes.ts';
import type { RunRecord } from '../../activities/record/run-record.ts';
import type { Verification } from '../../infra/verify/verify-run.ts';
import { uniform } from '../../models/core/random.ts';
import { run, type Ended } from '../support/command-line.ts';
import { runArguments } from '../support/faults/small-run.ts';
import { temporaryFolder } from '../support/folders.ts';
import { noTemporal } from '../support/temporal.ts';

const folder = temporaryFolder('initial-flow-run');
const out = join(folder, 'runs');
const flow = join(folder, 'flow.safetensors');
const succeeded = ({ code, stdout, stderr }: Ended): void => assert.equal(code, 0, `${stdout}\n${stderr}`);
const json = async <T>(...args: string[]): Promise<T> =>
  JSON.parse((await run([...args, '--json', '--out', out])).stdout) as T;
const likelihood = '{"method":"mle","updates":10,"batchSize":50,"flow":{"learningRate":1e-3}}';
const asRun = (id: string, ...more: string[]): string[] => [
  ...runArguments(out, 'contrast.reference=pretrained'),
  '--id',
  id,
  ...more,
];

async function makeImages(into: string): Promise<void> {
  mkdirSync(into);
  const next = uniform(1, 'initial-flow');
  for (let i = 0; i < 40; i += 1) {
    const pixels = Uint8Array.from({ length: 8 * 8 * 3 }, (_, at) =>
      Math.floor(16 * (at % 8) + 100 * next()),
    );
    await sharp(pixels, { raw: { width: 8, height: 8, channels: 3 } })
      .png()
      .toFile(join(into, `${i}.png`));
  }
}

describe('a run from a given flow', { skip: noTemporal, concurrency: false, timeout: 900_000 }, () => {
  test('ends with the very weights of the run that trained that flow itself', async () => {
    succeeded(await run(asRun('itself', '--set', `pretrain=${likelihood}`)));
    copyFileSync(join(out, 'itself', 'checkpoints', 'pretrain.safetensors'), flow);
    succeeded(await run(asRun('given', '--initial-flow', flow)));
    const [itself, given] = [await json<RunRecord>('show', 'itself'), await json<RunRecord>('show', 'given')];
    assert.deepEqual(given.weightsSha256, itself.weightsSha256);
    assert.equal(given.trainings.pretrain, undefined);
    const artifact = itself.artifacts.find(({ name }) => name === 'checkpoints/pretrain.safetensors')!;
    assert.deepEqual(given.initialFlow, {
      name: 'flow.safetensors',
      source: 'a checkpoint of pretrain',
      sha256: artifact.sha256,
      bytes: artifact.bytes,
    });
    assert.match(
      readFileSync(join(out, 'given', 'report.html'), 'utf8'),
      /The flow started from flow\.safetensors \(a checkpoint of pretrain, sha256 [0-9a-f]{12}\)/,
    );
    const mse = (one: RunRecord): Record<string, number> => one.results.mse as Record<string, number>;
    assert.equal(
      mse(given).flowInitial,
      mse(itself).flowMle,
      'the flow given is scored as the pretrained one is',
    );
  });

  test('is known to show, explain, lineage and verify', async () => {
    assert.match(
      (await run(['show', 'given', '--out', out])).stdout,
      /started from +flow\.safetensors \(a checkpoint of pretrain/,
    );
    assert.match((await run(['lineage', 'given', '--mermaid', '--out', out])).stdout, /initial-flow/);
    const { steps } = await json<{
      steps: readonly { name: string; inputs: readonly { step: string | null; path: string }[] }[];
    }>('explain', 'given');
    assert.deepEqual(
      steps
        .find(({ name }) => name === 'contrast 0-2')!
        .inputs.find(({ path }) => path === 'spec.initialFlow')?.step,
      'initial-flow',
    );
    const { holds, findings } = await json<Verification>('verify', 'given');
    assert.ok(holds);
    assert.ok(
      findings.some(
        ({ part, file }) => part === 'initial flow' && file === 'given/checkpoints/initial-flow.safetensors',
      ),
    );
  });

  test('goes on where the file has gone, and after what nobody needs is removed', async () => {
    rmSync(flow);
    rmSync(join(out, 'itself'), { recursive: true });
    succeeded(await run(['gc', '--yes', '--older-than', '1s', '--out', out]));
    const before = await json<RunRecord>('show', 'given');
    rmSync(join(out, 'given', 'checkpoints', 'initial-flow.safetensors'));
    succeeded(await run(['resume', 'given', '--repair', '--out', out]));
    const after = await json<RunRecord>('show', 'given');
    assert.deepEqual([after.weightsSha256, after.initialFlow], [before.weightsSha256, before.initialFlow]);
    assert.ok(
      after.steps.every(({ reused }) => reused),
      JSON.stringify(after.steps.filter(({ reused }) => !reused)),
    );
  });

  test('comes to its report from a PyTorch checkpoint', async () => {
    const images = join(folder, 'images');
    await makeImages(images);
    const foreign =
      '{"kind":"image","levels":2,"depth":2,"width":16,"mixing":"lu-stored","scale":{"kind":"sigmoid"},"splitScale":"free","top":"learned"}';
    // its weights are random, and some of its samples far out: the flow stays where it is
    const settings = [
      'dataset={"kind":"folder","size":8,"channels":3}',
      `models={"flow":${foreign},"ebm":{"kind":"conv","channels":[4,8]}}`,
      'pretrain=null',
      'contrast.updates=4',
      'contrast.batchSize=8',
      'contrast.ebmWarmupUpdates=1',
      'contrast.flow.learningRate=1e-12',
      'contrast.divergence.maxSample=null',
      'baselines={}',
      'featureNetwork=null',
      'evaluation={"samples":8,"gridSamples":4,"importanceSamples":4,"temperatures":[1]}',
    ];
    const network = fileURLToPath(new URL('../golden/glow-pytorch/factorised.pt', import.meta.url));
    succeeded(
      await run([
        'run',
        'svhn-quick',
        '--id',
        'foreign',
        '--out',
        out,
        '--data-dir',
        images,
        '--initial-flow',
        network,
        ...settings.flatMap((setting) => ['--set', setting]),
      ]),
    );
    const { initialFlow, trainings, results } = await json<
      RunRecord & { readonly results: { readonly bitsPerDim: Readonly<Record<string, number>> } }
    >('show', 'foreign');
    assert.deepEqual(
      [initialFlow!.name, initialFlow!.source],
      ['factorised.pt', 'a checkpoint of y0ast/Glow-PyTorch'],
    );
    assert.deepEqual(Object.keys(trainings), ['contrast']);
    const { flowInitial, flowFce } = results.bitsPerDim;
    assert.ok(flowFce! > 5 && flowFce! < 20, JSON.stringify(results));
    assert.ok(Math.abs(flowInitial! - flowFce!) < 1e-6, 'it hardly moved');
    const report = readFileSync(join(out, 'foreign', 'report.html'), 'utf8');
    assert.match(report, /The flow started from factorised\.pt \(a checkpoint of y0ast\/Glow-PyTorch/);
    assert.match(report, /its bits per dimension on test images go from/);
    assert.match(report, /Before: the flow given/);
  });

  test('is refused at the command line where the flow is another, and leaves nothing', async () => {
    const another = join(out, 'given', 'checkpoints', 'contrast.safetensors');
    const { code, stderr } = await run(
      asRun('another', '--set', 'models.flow.width=9', '--initial-flow', another),
    );
    assert.equal(code, exitCodes.badInput);
    assert.match(
      stderr,
      /models\.flow\.width is 8 there and 9 here\. Ask for the file's flow with --set models\.flow\.width=8\./,
    );
    assert.ok(!(await json<readonly { id: string }[]>('list')).some(({ id }) => id === 'another'));
  });
});
