/** --initial-flow on the command line: what is accepted, and what is refused before anything starts. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { overrideRequest } from '../../../infra/client/runs/override-request.ts';
import { CounterflowError } from '../../../infra/base/user-error.ts';
import { exitCodes } from '../../../infra/base/exit-codes.ts';
import { requestOf, type RequestOptions } from '../../../infra/client/runs/run-request.ts';
import { differences } from '../../../activities/config/same-request.ts';
import { resolveSweep } from '../../../infra/client/sweeps/resolve-sweep.ts';
import { trialRequest } from '../../../activities/sweep/trial-request.ts';
import { flowCheckpoint, smallFlow } from '../../support/flow-files.ts';
import { temporaryFolder } from '../../support/folders.ts';

const folder = temporaryFolder('initial-flow-option');
const write = (name: string, content: Uint8Array | string): string => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};
const foreign = fileURLToPath(new URL('../../golden/glow-pytorch/factorised.pt', import.meta.url));
const file = write('flow.safetensors', flowCheckpoint());
const pretrain = 'pretrain={"method":"mle","updates":10,"batchSize":8,"flow":{"learningRate":1e-3}}';
const control = `baselines.control=${pretrain.slice('pretrain='.length)}`;
const small = ['models.flow.couplings=2', 'models.flow.width=8', 'models.flow.scale.bound=2'];
const asked = (set: readonly string[] = [], options: RequestOptions = {}) =>
  requestOf('eight-gaussians', { set: [...small, ...set], initialFlow: file, ...options });

async function refusal(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => assert.fail('it was accepted'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof CounterflowError, String(error));
  assert.equal(error.exitCode, exitCodes.badInput);
  assert.ok(!error.message.includes('\n'), error.message);
  return error.message;
}

describe('a flow given with --initial-flow', () => {
  test('is in the request with its hash, and in the command', async () => {
    const request = await asked();
    assert.deepEqual(request.initialFlow?.file, file);
    assert.match(request.initialFlow.artifact.sha256, /^[0-9a-f]{64}$/);
    assert.match(request.command, new RegExp(`--initial-flow ${file}$`));
    assert.ok(!('initialFlow' in (await asked([], { initialFlow: undefined }))));
  });

  test('stands for a pretraining: a control and a contrast relative to it need no other', async () => {
    const { config } = await asked(['contrast.reference=pretrained', control]);
    assert.deepEqual(
      [config.pretrain, config.contrast.reference, config.baselines.control?.method],
      [null, 'pretrained', 'mle'],
    );
    const without = (set: string) => refusal(asked([set], { initialFlow: undefined }));
    assert.match(
      await without('contrast.reference=pretrained'),
      /set the section pretrain, or give a pretrained flow with --initial-flow\.$/,
    );
    assert.match(await without(control), /or give a pretrained flow with --initial-flow\.$/);
  });

  test('is refused beside a pretraining, in one sentence', async () => {
    assert.match(
      await refusal(asked([pretrain])),
      /^Expected --set pretrain.* to be null with --initial-flow, whose flow takes the place of a pretrained one, got "mle"; set it with --set pretrain=null, or leave --initial-flow out\.$/,
    );
  });

  test('is refused where it is no file, none that can be read, or another flow', async () => {
    assert.match(
      await refusal(asked([], { initialFlow: join(folder, 'none.safetensors') })),
      /^Expected --initial-flow to be an existing file, got ".*none\.safetensors"\.$/,
    );
    assert.match(
      await refusal(asked([], { initialFlow: folder })),
      /^Expected --initial-flow to be an existing file/,
    );
    assert.match(
      await refusal(asked([], { initialFlow: write('text.safetensors', 'text') })),
      /^--initial-flow: text\.safetensors is not a whole safetensors file/,
    );
    assert.match(
      await refusal(asked(['models.flow.width=9'])),
      /^--initial-flow: Expected flow\.safetensors to hold the flow .* models\.flow\.width is 8 there and 9 here\. Ask for the file's flow with --set models\.flow\.width=8\.$/,
    );
    const plane = write('plane.safetensors', flowCheckpoint({ shape: [3] }));
    assert.match(
      await refusal(asked([], { initialFlow: plane })),
      /data of shape \[2\], as the data set has, got one for \[3\]/,
    );
  });

  test(
    'may be of y0ast/Glow-PyTorch: the sentence on another form says the setting, and with it the '
      + 'request is accepted',
    async () => {
      const dataDir = join(folder, 'pictures');
      mkdirSync(dataDir);
      for (let i = 0; i < 24; i++)
        await sharp({
          create: { width: 8, height: 8, channels: 3, background: { r: 10 * i, g: 255 - 10 * i, b: 100 } },
        })
          .png()
          .toFile(join(dataDir, `${i}.png`));
      const ofPictures = (set: readonly string[]) =>
        requestOf('cifar10-quick', {
          set: ['dataset={"kind":"folder","size":8}', 'featureNetwork=null', 'pretrain=null', ...set],
          dataDir,
          initialFlow: foreign,
        });
      const sentence = await refusal(ofPictures([]));
      const [, setting] =
        /^--initial-flow: Expected factorised\.pt to hold the flow .* Ask for the file's flow with --set '(models\.flow=.*)'\.$/.exec(
          sentence,
        )!;
      const { config, initialFlow } = await ofPictures([setting!]);
      assert.deepEqual([config.models.flow.mixing, initialFlow?.file], ['lu-stored', foreign]);
      const cut = write('cut.pt', readFileSync(foreign).subarray(0, 1000));
      assert.match(
        await refusal(asked([], { initialFlow: cut })),
        /^--initial-flow: cut\.pt is no PyTorch checkpoint that can be read: /,
      );
    },
  );

  test('keeps its place when a run that gave up is given other settings', async () => {
    const request = await asked(['contrast.reference=pretrained']);
    const record = {
      id: request.runId,
      experiment: request.experiment,
      status: 'failed' as const,
      seed: 1,
      startedAt: request.startedAt,
      gaveUp: [{ training: 'contrast' as const, update: 6 }],
    };
    const amended = overrideRequest(request, record, ['contrast.lambda=0.5']);
    assert.deepEqual([amended.initialFlow, amended.config.contrast.lambda], [request.initialFlow, 0.5]);
  });

  test('sets a request apart from one with another flow or none, wherever the file lies', async () => {
    const request = await asked();
    const moved = await asked([], { initialFlow: write('moved.safetensors', flowCheckpoint()) });
    const other = await asked([], {
      initialFlow: write('other.safetensors', flowCheckpoint({ weights: Float32Array.of(1, 2, 3) })),
    });
    assert.deepEqual(differences(request, moved), []);
    assert.deepEqual(
      differences(request, other).map(({ name }) => name),
      ['--initial-flow'],
    );
    assert.deepEqual(
      differences(await asked([], { initialFlow: undefined }), request).map(({ name, asked: here }) => [
        name,
        here,
      ]),
      [['--initial-flow', null]],
    );
  });
});

describe('a sweep from a given flow', () => {
  const sweepFile = (path: string, values: readonly number[]): string =>
    write(
      'sweep.json',
      JSON.stringify({
        experiment: 'eight-gaussians',
        set: {
          'models.flow.couplings': 2,
          'models.flow.width': 8,
          'models.flow.scale.bound': 2,
          'contrast.reference': 'pretrained',
        },
        parameters: { [path]: { kind: 'choice', values } },
        sampler: { kind: 'grid' },
        objective: { metric: 'mse.flowFce', goal: 'minimise' },
      }),
    );

  test('gives it to every trial, and trials from another flow have other names', async () => {
    const path = sweepFile('contrast.lambda', [0, 1]);
    const sweep = await resolveSweep(path, { initialFlow: file });
    const trial = (base: object) =>
      trialRequest(
        { ...sweep, base: { ...sweep.base, ...base } },
        { trial: 1, rung: 0 },
        [],
        '2026-01-02T03:04:05.000Z',
      ).request;
    const { initialFlow, runId, config } = trial({});
    assert.deepEqual([initialFlow, config.contrast.reference], [sweep.base.initialFlow, 'pretrained']);
    const other = { ...initialFlow!, artifact: { ...initialFlow!.artifact, sha256: 'f'.repeat(64) } };
    assert.notEqual(trial({ initialFlow: other }).runId, runId);
  });

  test("is refused where its parameters are of the flow's form", async () => {
    assert.match(
      await refusal(resolveSweep(sweepFile('models.flow.width', [8, 16]), { initialFlow: file })),
      /^Expected no models\.flow\.width among the parameters of .*sweep\.json with --initial-flow, whose flow has one form for all trials\. Leave one of them out\.$/,
    );
    assert.equal(smallFlow.kind, 'vector');
  });
});
