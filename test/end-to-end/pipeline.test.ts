/** The real pipeline, short: command line, Temporal server, worker and compute processes as a user has
 *  them. */
import assert from 'node:assert/strict';
import { readFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { processesWith, recordOf, run, start, untilSegments, type Ended } from '../support/command-line.ts';
import { temporaryFolder } from '../support/folders.ts';
import { untilGone } from '../support/processes.ts';
import { noTemporal } from '../support/temporal.ts';

const folder = temporaryFolder('pipeline');
const out = (name: string): string => join(folder, name);

/** Small data, no baselines, ten segments of 30 updates: a run of seconds that still passes through
 *  everything. */
const short = [
  'dataset.trainCount=4000',
  'dataset.testCount=1000',
  'contrast.updates=300',
  'contrast.segments=10',
  'contrast.batchSize=500',
  'contrast.logEvery=10',
  'contrast.probeEvery=60',
  'baselines.flowMle=null',
  'baselines.nceStandard=null',
  'baselines.nceMatched=null',
  'evaluation.gridSize=64',
];
const args = (name: string, ...more: string[]): string[] => [
  'run',
  'eight-gaussians',
  '--out',
  out(name),
  '--fresh',
  ...short.flatMap((setting) => ['--set', setting]),
  ...more,
];
const succeeded = ({ code, stdout, stderr }: Ended): void => assert.equal(code, 0, `${stdout}\n${stderr}`);
const metricsOf = async (name: string): Promise<string> =>
  readFileSync(join(out(name), (await recordOf(out(name))).id, 'metrics.jsonl'), 'utf8');

describe('the pipeline, end to end', { skip: noTemporal, concurrency: false, timeout: 800_000 }, () => {
  test('runs an experiment to a report and a complete record', async () => {
    succeeded(await run(args('undisturbed')));
    const record = await recordOf(out('undisturbed'));
    assert.equal(record.status, 'completed');
    assert.equal(record.seed, 1);
    assert.equal(record.partialData, false);
    assert.match(record.weightsSha256!.averaged, /^[0-9a-f]{64}$/);
    assert.ok(record.timings.totalS! > 0 && record.timings.contrastS! > 0 && record.timings.evaluateS! > 0);
    const { mse } = record.results as { mse: Record<string, number> };
    assert.ok(Number.isFinite(mse.flowFce) && Number.isFinite(mse.ebmFce));
    const report = readFileSync(join(out('undisturbed'), record.id, 'report.html'), 'utf8');
    assert.ok(report.startsWith('<!doctype html>') && report.includes(record.id));
  });

  test('lists the run, and keeps every update of the training once and in order', async () => {
    const listed = JSON.parse((await run(['list', '--json', '--out', out('undisturbed')])).stdout) as Record<
      string,
      unknown
    >[];
    assert.deepEqual(Object.keys(listed[0]!).sort(), [
      'experiment',
      'headline',
      'id',
      'seed',
      'startedAt',
      'status',
    ]);
    const { mse } = (await recordOf(out('undisturbed'))).results as { mse: Record<string, number> };
    assert.deepEqual(listed[0]!['headline'], { name: 'mse.ebmFce', value: mse['ebmFce'] });
    const updates = (await metricsOf('undisturbed'))
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { update: number }).update);
    assert.deepEqual(
      updates,
      Array.from({ length: 30 }, (_, i) => 10 * (i + 1)),
    );
  });

  test('gives the same weights and metrics when the worker is killed in the middle of contrast', async () => {
    const running = start(args('worker-killed'));
    await untilSegments(out('worker-killed'), 3);
    const [worker] = processesWith(['worker/main.ts', out('worker-killed')]);
    process.kill(worker!, 'SIGKILL');
    assert.match(
      await metricsOf('worker-killed'),
      /"update":10,.*\n(.*\n){4}.*"update":60,/,
      'the curve reaches to the last finished segment, as it will stand at the end',
    );
    succeeded(await running.ended);
    await assertSameAsUndisturbed('worker-killed');
  });

  test('gives the same when the compute process is killed', async () => {
    const running = start(args('child-killed'));
    await untilSegments(out('child-killed'), 4);
    const [worker] = processesWith(['worker/main.ts', out('child-killed')]);
    const children = processesWith(['tensorflow-process.ts'], worker!);
    assert.ok(children.length > 0);
    for (const child of children) process.kill(child, 'SIGKILL');
    succeeded(await running.ended);
    await assertSameAsUndisturbed('child-killed');
  });

  test('gives the same when command line, worker and server are all killed and the run is resumed', async () => {
    const running = start(args('all-killed'));
    await untilSegments(out('all-killed'), 3);
    const here = out('all-killed');
    const pids = [
      running.process.pid!,
      ...processesWith(['worker/main.ts', here]),
      ...processesWith(['server', 'start-dev', here]),
    ];
    assert.equal(pids.length, 3);
    for (const pid of pids) process.kill(pid, 'SIGKILL');
    await Promise.all(pids.map((pid) => untilGone(pid, 5000)));
    succeeded(await run(['resume', 'latest', '--out', here]));
    await assertSameAsUndisturbed('all-killed');
  });

  test('gives at an update on the way what the whole training has there, and goes on to the same end', async () => {
    succeeded(await run(args('until', '--until', '100')));
    const { until, trainings, results } = await recordOf(out('until'));
    assert.deepEqual([until, trainings.contrast!.updates], [100, 120], 'the first checkpoint from there on');
    assert.ok(Number.isFinite((results as { mse: Record<string, number> }).mse.ebmFce));
    assert.equal(
      await metricsOf('until'),
      (await metricsOf('undisturbed'))
        .split('\n')
        .slice(0, 12)
        .map((line) => `${line}\n`)
        .join(''),
    );
    const { code, stderr } = await run(['resume', 'latest', '--until', '301', '--out', out('until')]);
    assert.equal(code, 2, stderr);
    succeeded(await run(['resume', 'latest', '--until', 'end', '--out', out('until')]));
    assert.equal(
      (await recordOf(out('until'))).steps.filter(({ name, reused }) => name.startsWith('contrast') && reused)
        .length,
      4,
    );
    await assertSameAsUndisturbed('until');
  });

  test('gives other weights for another seed', async () => {
    succeeded(await run(args('seed-2', '--seed', '2')));
    const [one, two] = [await recordOf(out('undisturbed')), await recordOf(out('seed-2'))];
    assert.notEqual(one.weightsSha256!.raw, two.weightsSha256!.raw);
    assert.notEqual(one.weightsSha256!.averaged, two.weightsSha256!.averaged);
  });

  test(
    'rolls back on divergence under a thousandfold learning rate, gives up in the end, and says so in '
      + 'the record and the exit code',
    async () => {
      const { code, stdout, stderr } = await run(
        args('diverged', '--set', 'contrast.ebm.learningRate=4', '--set', 'contrast.flow.learningRate=4'),
      );
      assert.equal(code, 3, stderr);
      const record = await recordOf(out('diverged'));
      assert.equal(record.status, 'failed');
      assert.deepEqual(
        record.decisions.map(({ what }) => what),
        ['rollback', 'rollback', 'rollback', 'gave-up'],
      );
      assert.match(
        stdout,
        /contrast diverged at update \d+ \([a-z-]+( of \w+)?: [^)]+\): back to update \d+/,
      );
      assert.match(
        stderr,
        /contrast gave up: it diverged at update \d+ \([a-z-]+( of \w+)?: .* resume \S+ --set PATH=VALUE` goes on with other settings/,
      );
    },
  );

  test('goes on with other settings from what it had when it gave up', async () => {
    const here = out('diverged');
    const refused = await run(['resume', 'latest', '--out', here, '--set', 'models.ebm.width=16']);
    assert.equal(refused.code, 2, refused.stderr);
    succeeded(
      await run([
        'resume',
        'latest',
        '--out',
        here,
        '--set',
        'contrast.ebm.learningRate=1e-3',
        '--set',
        'contrast.flow.learningRate=1e-3',
      ]),
    );
    const record = await recordOf(here);
    assert.equal(record.status, 'completed');
    assert.deepEqual(
      record.decisions
        .filter(({ training }) => training === 'contrast')
        .map(({ what }) => what)
        .slice(0, 5),
      ['rollback', 'rollback', 'rollback', 'gave-up', 'resumed'],
    );
    assert.equal(record.config.contrast.flow.learningRate, 1e-3);
  });

  test('is cancelled within seconds, compute process and all', async () => {
    const running = start(args('cancelled', '--set', 'contrast.updates=100000'));
    const here = out('cancelled');
    const children = await untilComputing(here);
    const cancelled = await run(['cancel', 'latest', '--out', here]);
    succeeded(cancelled);
    await Promise.all(children.map((child) => untilGone(child, 5000)));
    assert.equal((await running.ended).code, 4);
    assert.equal((await recordOf(here)).status, 'cancelled');
  });

  test('leaves no process behind', () => {
    assert.deepEqual(processesWith([folder]), []);
    assert.ok(existsSync(folder));
  });
});

/** Waits until the worker of `here` has a TensorFlow process, and returns its id. */
async function untilComputing(here: string): Promise<number[]> {
  for (let waited = 0; waited < 60_000; waited += 50) {
    const children = processesWith(['worker/main.ts', here]).flatMap((worker) =>
      processesWith(['tensorflow-process.ts'], worker),
    );
    if (children.length > 0) return children;
    await sleep(50);
  }
  assert.fail(`No TensorFlow process under ${here} within a minute.`);
}

async function assertSameAsUndisturbed(name: string): Promise<void> {
  const [expected, got] = [await recordOf(out('undisturbed')), await recordOf(out(name))];
  assert.equal(got.status, 'completed');
  assert.deepEqual(got.weightsSha256, expected.weightsSha256);
  assert.equal(await metricsOf(name), await metricsOf('undisturbed'));
}
