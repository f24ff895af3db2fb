/** `run --estimate`, and what a run is refused for before it begins. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { resolveConfig } from '../../../infra/client/runs/resolve-config.ts';
import { CounterflowError } from '../../../infra/base/user-error.ts';
import { estimate, type Estimate, type StageEstimate } from '../../../infra/client/estimate/estimate.ts';
import { estimateLines } from '../../../infra/cli/lines/estimate-lines.ts';
import { loadSentence } from '../../../infra/client/estimate/load.ts';
import { planOf } from '../../../infra/client/estimate/plan.ts';
import { requireRoom } from '../../../infra/client/estimate/require-space.ts';
import { exitCodes } from '../../../infra/base/exit-codes.ts';
import { createPorts } from '../../../infra/worker/create-ports.ts';
import { layoutOf } from '../../../infra/store/layout.ts';
import type { RunRequest } from '../../../activities/contracts/run.ts';
import { experiments } from '../../../workflows/experiments/index.ts';
import { run } from '../../support/command-line.ts';
import { smallImageRequest, writeDigits } from '../../support/faults/small-image-run.ts';
import { temporaryFolder } from '../../support/folders.ts';
import { noTemporal } from '../../support/temporal.ts';

const folder = temporaryFolder('estimate');
const small = [
  '--set',
  'dataset.trainCount=2000',
  '--set',
  'dataset.testCount=500',
  '--set',
  'baselines.nceStandard=null',
  '--set',
  'baselines.nceMatched=null',
];
const requestOf = (name: string, set: readonly string[] = []): RunRequest => ({
  ...smallImageRequest('x', folder),
  config: resolveConfig(experiments[name]!, { set, seed: undefined }),
  dataDir: null,
});
/** As a data set of 32 x 32 images would have. */
const cifar = { shape: [32, 32, 3], trainBytes: 154e6, testBytes: 31e6, testCount: 10_000 };

describe('an estimate', { timeout: 600_000 }, () => {
  test('of points has every training, time, memory, disk and price, and leaves no run', async () => {
    const out = join(folder, 'points');
    const { code, stdout, stderr } = await run([
      'run',
      'eight-gaussians',
      '--estimate',
      '--json',
      '--price-per-hour',
      '3600',
      '--out',
      out,
      ...small,
    ]);
    assert.equal(code, exitCodes.ok, stderr);
    const found = JSON.parse(stdout) as Estimate;
    assert.deepEqual(
      found.stages.map(({ name }) => name),
      ['prepare', 'flow-mle', 'contrast', 'export', 'evaluate', 'report'],
    );
    assert.deepEqual(found.parameters, { flow: 44_320, ebm: 33_538 });
    const contrast = found.stages[2]!;
    assert.deepEqual(
      [contrast.updates, Object.keys(contrast.perUpdate!), contrast.rough],
      [10_000, ['ebm', 'flow'], false],
    );
    // five of six updates are the EBM's
    const { ebm, flow } = contrast.perUpdate as { ebm: number; flow: number };
    assert.ok(
      contrast.seconds > 10_000 * ((5 / 6) * ebm + (1 / 6) * flow)
        && contrast.seconds < 10_000 * ((5 / 6) * ebm + (1 / 6) * flow) + 600,
      JSON.stringify(contrast),
    );
    assert.ok(contrast.seenBytes! > 3e8 && contrast.expectedBytes! > 3e8);
    assert.ok(
      Math.abs(found.cost! - found.seconds) < 1e-6 * found.seconds && found.seconds > contrast.seconds,
    );
    assert.ok(found.disk.total > found.disk.checkpoints && found.disk.free! > 0);
    assert.match(stderr, /measuring contrast: first-run/);
    assert.deepEqual([found.load.threads, found.load.runs], [1, []]);
    assert.ok(found.stages.every((stage) => stage.found === 0));
    assert.deepEqual(
      readdirSync(out).filter((name) => !name.startsWith('.')),
      [],
    );
    assert.deepEqual(readdirSync(join(out, '.store/scratch')), []);
    const lines = estimateLines(found, 3600);
    assert.ok(lines.includes(loadSentence(found.load)));
    assert.match(
      lines.join('\n'),
      /contrast +.* 10,000 updates of [\d.,]+ ms ebm, [\d.,]+ ms flow; memory .* expected, .* seen\n +export .*roughly, not measured/,
    );
  });

  test('of images measures every kind of training', async () => {
    const dataDir = join(folder, 'digits');
    writeDigits(dataDir);
    const ports = createPorts(layoutOf(join(folder, 'images')));
    const seen = new Set<string>();
    try {
      const found = await estimate(
        ports,
        { request: smallImageRequest('images', dataDir), out: join(folder, 'images'), pricePerHour: null },
        new AbortController().signal,
        (what, { phase }) => seen.add(`${what} ${phase}`),
      );
      const trained = found.stages.filter(({ updates }) => updates !== null);
      assert.deepEqual(trained.map(({ name }) => name).sort(), [
        'contrast',
        'control',
        'dcgan',
        'features',
        'pretrain',
        'vae',
      ]);
      for (const { name, seconds, seenBytes, perUpdate } of trained)
        assert.ok(seconds > 0 && seenBytes! > 3e8 && Object.values(perUpdate!).every((one) => one > 0), name);
      assert.equal(found.cost, null);
      assert.ok(seen.has('data set images') && seen.has('pretrain step'));
    } finally {
      await ports.compute.close();
    }
  });

  test('leaves out what a run would find, and says so', { skip: noTemporal }, async () => {
    const out = join(folder, 'found');
    const settings = [
      ...small,
      '--set',
      'baselines.flowMle=null',
      '--set',
      'contrast.updates=40',
      '--set',
      'contrast.segments=10',
      '--set',
      'contrast.batchSize=50',
    ];
    const contrastOf = async (...more: string[]) => {
      const { code, stdout, stderr } = await run([
        'run',
        'eight-gaussians',
        '--estimate',
        '--json',
        '--out',
        out,
        ...settings,
        ...more,
      ]);
      assert.equal(code, exitCodes.ok, stderr);
      const found = JSON.parse(stdout) as Estimate;
      return {
        ...found.stages.find(({ name }) => name === 'contrast')!,
        lines: estimateLines(found, null).join('\n'),
      };
    };
    const ran = await run(['run', 'eight-gaussians', '--out', out, ...settings, '--until', '14']);
    assert.equal(ran.code, exitCodes.ok, ran.stderr);
    const part = await contrastOf();
    assert.deepEqual([part.updates, part.found], [40, 16]);
    assert.match(
      part.lines,
      /contrast .* 40 updates of .*, 16 of them found; memory[^]*what this folder has already is found and not counted/,
    );
    const whole = await contrastOf('--until', '14');
    assert.deepEqual([whole.updates, whole.found, whole.seconds, whole.perUpdate], [16, 16, 0, null]);
    assert.match(whole.lines, /contrast +0 s {2}all 16 updates are found/);
    assert.equal((await contrastOf('--fresh')).found, 0, '--fresh finds nothing');
    assert.equal((await contrastOf('--set', 'contrast.lambda=0.5')).found, 0, 'another contrast is another');
  });

  test('gives a control that is left to measured time the time of the contrast', async () => {
    const dataDir = join(folder, 'timed-digits');
    writeDigits(dataDir);
    const ports = createPorts(layoutOf(join(folder, 'timed')));
    try {
      const request = smallImageRequest('timed', dataDir);
      const {
        baselines: { control },
      } = request.config;
      const alone = {
        ...request.config,
        baselines: {
          ...request.config.baselines,
          vae: null,
          dcgan: null,
          control: { ...control!, updates: null },
        },
        featureNetwork: null,
      };
      const found = await estimate(
        ports,
        { request: { ...request, config: alone }, out: join(folder, 'timed'), pricePerHour: null },
        new AbortController().signal,
        () => undefined,
      );
      const [timed, contrast] = ['control', 'contrast'].map((one) =>
        found.stages.find(({ name }) => name === one)!,
      ) as [StageEstimate, StageEstimate];
      // two of twelve updates warm the EBM up, half of the others are the flow's
      const { ebm, flow } = contrast.perUpdate as { ebm: number; flow: number };
      assert.equal(timed.updates, Math.max(1, Math.round((7 * ebm + 5 * flow) / timed.perUpdate!['all']!)));
    } finally {
      await ports.compute.close();
    }
  });

  test('without its data, with --detach or a price that is none is one sentence, and nothing is written', async () => {
    const out = join(folder, 'nothing');
    const cases: [string[], RegExp][] = [
      [['mnist-quick', '--estimate'], /^error: Expected --data-dir DIR with MNIST's four IDX files /m],
      [['eight-gaussians', '--estimate', '--detach'], /^error: Expected --estimate or --detach, got both/m],
      [['eight-gaussians', '--estimate', '--price-per-hour', 'much'], /Expected a number of at least 0/],
    ];
    for (const [args, sentence] of cases) {
      const { code, stderr, stdout } = await run(['run', ...args, '--out', out]);
      assert.deepEqual([code, stdout], [exitCodes.badInput, ''], stderr);
      assert.match(stderr, sentence);
    }
    assert.equal(existsSync(out), false);
  });
});

describe(
  'what a machine has no room for is refused before anything is computed',
  { timeout: 300_000 },
  () => {
    for (const estimated of [['--estimate'], []]) {
      test(`memory, of ${estimated.length > 0 ? 'an estimate' : 'a run'}`, async () => {
        const out = join(folder, 'refused');
        const { code, stderr } = await run(['run', 'eight-gaussians', ...estimated, '--out', out, ...small], {
          COUNTERFLOW_MEMORY_GB: '0.1',
        });
        assert.equal(code, exitCodes.environment, stderr);
        assert.match(
          stderr,
          /^error: Not enough memory: flow-mle about \d+ MB, contrast about \d+ MB of memory, and COUNTERFLOW_MEMORY_GB allows 100 MB\. Add --set baselines\.flowMle\.microBatch=\d+ .*--set contrast\.microBatch=\d+.*, or COUNTERFLOW_MEMORY_GB=1 to begin all the same\.$/m,
        );
        assert.equal(existsSync(out), false);
      });
    }

    test('a size that is none', async () => {
      const { code, stderr } = await run(['run', 'eight-gaussians', '--out', join(folder, 'refused')], {
        COUNTERFLOW_MEMORY_GB: '8GB',
      });
      assert.equal(code, exitCodes.badInput, stderr);
      assert.match(stderr, /^error: Expected COUNTERFLOW_MEMORY_GB to be .*got "8GB"\. Leave it out/m);
    });

    test("the trainings of the paper's size, with the divisor of their batch that would do", async () => {
      const contrastOf = async (...set: string[]) =>
        (await planOf(requestOf('cifar10', set), cifar)).trainings.find(({ name }) => name === 'contrast')!;
      const lean = await contrastOf();
      // its process was seen to hold 5.0 GB at most
      assert.ok(lean.memory.host > 4.5e9 && lean.memory.host < 7e9, `${lean.memory.host}`);
      const { memory, size } = await contrastOf('contrast.recompute=none');
      assert.ok(memory.host > 8e9 && memory.host < 40e9, `${memory.host}`);
      assert.ok(size.players['flow']! > 40e6 && size.players['flow']! < 60e6, JSON.stringify(size.players));
      const cut = await contrastOf('contrast.recompute=none', 'contrast.microBatch=8');
      assert.ok(cut.memory.host < memory.host / 2);
    });

    test('disk', async () => {
      const plan = await planOf(requestOf('eight-gaussians'));
      const huge = { ...plan, disk: { ...plan.disk, total: 1e18, checkpoints: 9e17 } };
      await assert.rejects(
        requireRoom(huge, folder),
        (error) =>
          error instanceof CounterflowError
          && error.exitCode === exitCodes.environment
          && /^Not enough room on the disk: up to 1000000000\.0 GB \(checkpoints 900000000\.0 GB\), and .* free for .*--out, or free some space\.$/.test(
            error.message,
          ),
      );
      await requireRoom(plan, folder);
    });
  },
);
