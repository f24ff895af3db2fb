import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ComputeCrashedError } from '../../../activities/ports/errors.ts';
import type { Progress } from '../../../activities/ports/progress.ts';
import { Permits } from '../../../infra/compute/permits.ts';
import { ComputePool } from '../../../infra/compute/pool.ts';
import { segmentJob, testEntries } from '../../support/compute-jobs.ts';
import { temporaryFolder } from '../../support/folders.ts';
import { isAlive, untilGone } from '../../support/processes.ts';

const folder = temporaryFolder('compute');
const logs = join(folder, 'logs');
const pool = new ComputePool({ logs, cores: 2, entries: testEntries });
after(() => pool.close());

const never = new AbortController().signal;
const options = (
  given: Partial<{ threads: number; signal: AbortSignal; onProgress: (progress: Progress) => void }> = {},
) => ({ threads: 1, scratch: join(folder, 'scratch'), signal: never, onProgress: () => {}, ...given });
const untilStepping = () => {
  let stepping = () => {};
  const started = new Promise<void>((resolve) => {
    stepping = resolve;
  });
  return {
    started,
    onProgress: ({ phase }: Progress) => {
      if (phase === 'step') stepping();
    },
  };
};

test('cores go to the smaller priority first, among equals to who came first, and to no one who has left', async () => {
  const permits = new Permits(1);
  await permits.acquire(1, never);
  const order: string[] = [];
  const ask = (name: string, priority?: number, signal = never) =>
    permits.acquire(1, signal, priority).then(
      () => order.push(name),
      () => order.push(`${name} left`),
    );
  const leaving = new AbortController();
  const asked = [
    ask('trial 1', 4),
    ask('trial 2', 4),
    ask('left', 1, leaving.signal),
    ask('run 1'),
    ask('urgent', 1),
    ask('run 2', 3),
  ];
  leaving.abort(new Error('gone'));
  for (let i = 0; i < asked.length; i += 1) {
    permits.release(1);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await Promise.all(asked);
  assert.deepEqual(order, ['left left', 'urgent', 'run 1', 'run 2', 'trial 1', 'trial 2']);
});

describe('the compute pool', { timeout: 120_000 }, () => {
  test('runs a job in a process of its own, with its threads set, and hands back its result', async () => {
    const result = await pool.run('train-segment', segmentJob('steps'), options());
    assert.notEqual(result.last.pid, process.pid);
    assert.ok(Number.isNaN(result.last.value), 'not-a-number crosses the channel');
    assert.equal(readFileSync(result.checkpoint, 'utf8'), '1 threads');
    const other = await pool.run('train-segment', segmentJob('steps'), options({ threads: 2 }));
    assert.equal(readFileSync(other.checkpoint, 'utf8'), '2 threads');
    assert.notEqual(other.last.pid, result.last.pid);
  });

  test('reports every phase, and steps that only grow, at most a few a second', async () => {
    const seen: Progress[] = [];
    await pool.run('train-segment', segmentJob('steps', 1), options());
    await pool.run(
      'train-segment',
      segmentJob('steps', 300, 1),
      options({ onProgress: (progress) => seen.push(progress) }),
    );
    assert.equal(seen[0]?.phase, 'loading');
    const done = seen.filter(({ phase }) => phase === 'step').map((progress) => progress.done);
    assert.deepEqual(
      done,
      [...done].sort((a, b) => a - b),
    );
    assert.equal(done[0], 0);
    assert.equal(done.at(-1), 300);
    assert.ok(done.length >= 3 && done.length <= 15, `${done.length} reports of 300 steps`);
  });

  test('a training that goes on says where it stands before its process says anything', async () => {
    const seen: Progress[] = [];
    await pool.run('train-segment', segmentJob('steps', 1), options());
    await pool.run(
      'train-segment',
      { ...segmentJob('steps', 5), fromUpdate: 3 },
      options({ onProgress: (progress) => seen.push(progress) }),
    );
    assert.deepEqual(
      seen.slice(0, 2).map(({ phase, done, total }) => [phase, done, total]),
      [
        ['step', 3, 1_000_000],
        ['loading', 0, 1],
      ],
    );
  });

  test('the next segment of a training goes to the process that has its graph', async () => {
    const run = async (seed: number) =>
      (await pool.run('train-segment', segmentJob('steps', 1, seed), options())).last.pid;
    const [one, two] = await Promise.all([run(11), run(12)]);
    assert.notEqual(one, two);
    assert.deepEqual([await run(12), await run(11), await run(12)], [two, one, two]);
  });

  test(
    'what a process does beyond its answer ends before its next job, and where another job wants the '
      + 'machine',
    async () => {
      const saidOf = (number: number): string =>
        readFileSync(join(folder, 'scratch', `went-on-${number}`), 'utf8');
      const until = async (number: number, said: string): Promise<void> => {
        while (!existsSync(join(folder, 'scratch', `went-on-${number}`)) || saidOf(number) !== said)
          await sleep(5);
      };
      await pool.run('train-segment', segmentJob('go-on', 101), options());
      await until(101, 'on');
      await sleep(100);
      assert.equal(saidOf(101), 'on', 'nobody wants anything');
      await pool.run('train-segment', segmentJob('go-on', 102), options());
      assert.equal(saidOf(101), 'ended', 'the same training goes on');
      await until(102, 'on');
      const other = pool.run('train-segment', segmentJob('steps', 1, 5), options());
      await until(102, 'ended');
      await other;
      const { started, onProgress } = untilStepping();
      const stop = new AbortController();
      const busy = pool.run(
        'train-segment',
        segmentJob('sleep', 1, 6),
        options({ onProgress, signal: stop.signal }),
      );
      await started;
      const last = pool.run('train-segment', segmentJob('go-on', 103), options());
      const waiting = pool.run('train-segment', segmentJob('steps', 1, 7), options());
      await last;
      await until(103, 'ended');
      await waiting;
      stop.abort(new Error('enough'));
      await assert.rejects(busy, /enough/);
    },
  );

  test('an error of the job keeps its name, message and fields, and the process stays usable', async () => {
    const failing = pool.run('train-segment', segmentJob('diverge'), options());
    await assert.rejects(
      failing,
      (error: Error & { value?: number; update?: number }) =>
        error.name === 'DivergedError'
        && error.message.includes('update 17')
        && Number.isNaN(error.value)
        && error.update === 17,
    );
  });

  test('a process that dies by a signal is ComputeCrashed, with the signal and its last words', async () => {
    await assert.rejects(
      pool.run('train-segment', segmentJob('crash'), options()),
      (error) =>
        error instanceof ComputeCrashedError
        && error.exitSignal === 'SIGSEGV'
        && error.lastLines.includes('Segmentation fault in a native library'),
    );
  });

  test('a process that is killed with -9, or exits, is ComputeCrashed, and its cores are free again', async () => {
    const { started, onProgress } = untilStepping();
    const alone = new ComputePool({ logs: join(folder, 'alone'), cores: 1, entries: testEntries });
    const killed = alone.run('train-segment', segmentJob('sleep'), options({ onProgress }));
    await started;
    process.kill(alone.processIds()[0]!, 'SIGKILL');
    await assert.rejects(
      killed,
      (error) => error instanceof ComputeCrashedError && error.exitSignal === 'SIGKILL',
    );
    await assert.rejects(
      alone.run('train-segment', segmentJob('exit'), options()),
      (error) => error instanceof ComputeCrashedError && error.exitCode === 3,
    );
    await alone.run('train-segment', segmentJob('steps'), options());
    await alone.close();
  });

  for (const behaviour of ['sleep', 'spin']) {
    test(
      'an abort ends a process within 5 s '
        + `(${behaviour === 'spin' ? 'busy, deaf to SIGTERM' : 'waiting'})`,
      async () => {
        const { started, onProgress } = untilStepping();
        const abort = new AbortController();
        const running = pool.run(
          'train-segment',
          segmentJob(behaviour),
          options({ onProgress, signal: abort.signal, threads: 2 }),
        );
        await started;
        const pids = pool.processIds();
        await sleep(200);
        const reason = new Error('cancelled by the user');
        const abortedAt = Date.now();
        abort.abort(reason);
        await assert.rejects(running, (error) => error === reason);
        assert.ok(Date.now() - abortedAt < 5000);
        assert.equal(pids.filter((pid) => !isAlive(pid)).length, 1);
        await pool.run('train-segment', segmentJob('steps'), options({ threads: 2 }));
      },
    );
  }

  test(
    'jobs share the cores: what does not fit waits as queued, in order even where a later one would '
      + 'fit, and can be aborted there',
    async () => {
      const order: string[] = [];
      const first = untilStepping();
      const abort = new AbortController();
      const holder = pool.run(
        'train-segment',
        segmentJob('sleep', 1, 21),
        options({ threads: 1, signal: abort.signal, onProgress: first.onProgress }),
      );
      await first.started;
      const queued: Progress[] = [];
      const big = pool
        .run(
          'train-segment',
          segmentJob('steps', 1, 22),
          options({ threads: 0, onProgress: (progress) => queued.push(progress) }),
        )
        .then(() => order.push('big'));
      const small = pool
        .run('train-segment', segmentJob('steps', 1, 23), options({ threads: 1 }))
        .then(() => order.push('small'));
      const leave = new AbortController();
      const leaver = pool.run(
        'train-segment',
        segmentJob('steps', 1, 24),
        options({ threads: 1, signal: leave.signal }),
      );
      leave.abort(new Error('no longer wanted'));
      await assert.rejects(leaver, /no longer wanted/);
      await sleep(1200);
      abort.abort(new Error('done'));
      await assert.rejects(holder, /done/);
      await Promise.all([big, small]);
      assert.deepEqual(order, ['big', 'small']);
      assert.deepEqual(
        queued.slice(0, 2).map(({ phase, done }) => [phase, done]),
        [
          ['queued', 0],
          ['queued', 1],
        ],
      );
    },
  );

  test('an idle process ends after its time, and its empty log with it', async () => {
    const short = new ComputePool({
      logs: join(folder, 'short'),
      cores: 1,
      entries: testEntries,
      idleMs: 100,
    });
    const { last } = await short.run('train-segment', segmentJob('steps'), options());
    await untilGone(last.pid!, 5000);
    await sleep(100);
    assert.deepEqual(readdirSync(join(folder, 'short')), []);
    await short.close();
  });

  test('closing ends idle and busy processes', async () => {
    const closing = new ComputePool({ logs: join(folder, 'closing'), cores: 2, entries: testEntries });
    const idle = await closing.run('train-segment', segmentJob('steps'), options());
    const { started, onProgress } = untilStepping();
    const busy = assert.rejects(
      closing.run('train-segment', segmentJob('sleep'), options({ onProgress })),
      /shutting down/,
    );
    await started;
    const pids = closing.processIds();
    assert.ok(pids.includes(idle.last.pid!) && pids.length === 2);
    await Promise.all([closing.close(), busy]);
    for (const pid of pids) assert.equal(isAlive(pid), false);
    await assert.rejects(closing.run('train-segment', segmentJob('steps'), options()), /shutting down/);
  });

  for (const behaviour of ['sleep', 'spin']) {
    test(
      'a process ends by itself when its worker is killed with -9 '
        + `(${behaviour === 'spin' ? 'busy' : 'waiting'})`,
      async () => {
        const owner = spawn(
          process.execPath,
          ['--import', 'tsx', 'test/support/compute-owner.ts', join(folder, `owner-${behaviour}`), behaviour],
          { stdio: ['ignore', 'pipe', 'inherit'] },
        );
        const [line] = (await once(createInterface(owner.stdout), 'line')) as [string];
        const pid = Number(line);
        assert.ok(isAlive(pid));
        await sleep(100);
        owner.kill('SIGKILL');
        await once(owner, 'exit');
        await untilGone(pid, 5000);
      },
    );
  }

  test('an unexpected end leaves its log for a look', () => {
    assert.ok(existsSync(logs));
    assert.ok(
      readdirSync(logs).some((name) => readFileSync(join(logs, name), 'utf8').includes('Segmentation fault')),
    );
  });
});
