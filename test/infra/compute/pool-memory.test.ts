import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { OutOfMemoryError, TooLittleMemoryError } from '../../../activities/ports/errors.ts';
import type { Progress } from '../../../activities/ports/progress.ts';
import { ComputeChild } from '../../../infra/compute/compute-child.ts';
import { Permits } from '../../../infra/compute/permits.ts';
import { ComputePool } from '../../../infra/compute/pool.ts';
import { segmentJob, testEntries } from '../../support/compute-jobs.ts';
import { temporaryFolder } from '../../support/folders.ts';
import { isAlive, untilGone } from '../../support/processes.ts';

const folder = temporaryFolder('memory');
const never = new AbortController().signal;
const options = (given: Partial<{ signal: AbortSignal; onProgress: (progress: Progress) => void }> = {}) => ({
  threads: 1,
  scratch: join(folder, 'scratch'),
  signal: never,
  onProgress: () => {},
  ...given,
});
const pools: ComputePool[] = [];
after(() => Promise.all(pools.map((pool) => pool.close())));

/** Small jobs are expected to take half a gigabyte, large ones 2. */
function poolWith(gigabytes: number): ComputePool {
  const pool = new ComputePool({
    logs: join(folder, `logs-${pools.length}`),
    cores: 4,
    entries: testEntries,
    memory: { bytes: gigabytes * 1e9, given: true },
  });
  pools.push(pool);
  return pool;
}
const large = { batchSize: 100_000 };
const begun = () => {
  let step = () => {};
  const started = new Promise<void>((resolve) => {
    step = resolve;
  });
  return {
    started,
    onProgress: ({ phase }: Progress) => {
      if (phase === 'step') step();
    },
  };
};

describe('memory is counted out as cores are', { timeout: 300_000 }, () => {
  test(
    'a job that does not fit beside another waits as queued, says what for, and begins once the other '
      + 'has ended',
    async () => {
      const pool = poolWith(3);
      const abort = new AbortController();
      const first = begun();
      const holder = pool.run(
        'train-segment',
        segmentJob('sleep', 1, 1, large),
        options({ signal: abort.signal, onProgress: first.onProgress }),
      );
      await first.started;
      const seen: Progress[] = [];
      const second = pool.run(
        'train-segment',
        segmentJob('steps', 1, 2, large),
        options({ onProgress: (progress) => seen.push(progress) }),
      );
      await sleep(1500);
      assert.equal(pool.processIds().length, 1, 'no process is started for it');
      assert.deepEqual([...new Set(seen.map(({ phase }) => phase))], ['queued']);
      const { memory } = seen.at(-1)!;
      assert.ok(
        memory!.bytes > 1.9e9 && memory!.bytes < 2.3e9 && memory!.free < 1.1e9,
        JSON.stringify(memory),
      );
      abort.abort(new Error('done'));
      await assert.rejects(holder, /done/);
      await second;
    },
  );

  test('two that fit run side by side', async () => {
    const pool = poolWith(5);
    const abort = new AbortController();
    const both = [1, 2].map((seed) => {
      const { started, onProgress } = begun();
      return {
        started,
        running: pool.run(
          'train-segment',
          segmentJob('sleep', 1, seed, large),
          options({ signal: abort.signal, onProgress }),
        ),
      };
    });
    await Promise.all(both.map(({ started }) => started));
    abort.abort(new Error('done'));
    await Promise.allSettled(both.map(({ running }) => running));
  });

  test('an idle process in the way ends first, a busy one and one that fits beside do not', async () => {
    const pool = poolWith(3.2);
    const idle = await pool.run('train-segment', segmentJob('hold', 900, 1), options());
    const small = await pool.run('train-segment', segmentJob('steps', 1, 2), options());
    const { started, onProgress } = begun();
    const abort = new AbortController();
    const busy = pool.run(
      'train-segment',
      segmentJob('sleep', 1, 3),
      options({ signal: abort.signal, onProgress }),
    );
    await started;
    const seen: Progress[] = [];
    const { last } = await pool.run(
      'train-segment',
      segmentJob('steps', 1, 4, large),
      options({ onProgress: (progress) => seen.push(progress) }),
    );
    assert.equal(isAlive(idle.last.pid!), false, 'who was idle longest is gone');
    assert.equal(isAlive(small.last.pid!), true, 'who did not need to go is there');
    assert.notEqual(last.pid, idle.last.pid);
    assert.equal(seen[0]?.phase, 'queued');
    abort.abort(new Error('done'));
    await assert.rejects(busy, /done/);
  });

  test('what was seen to take more than expected is expected to take that again', async () => {
    const pool = poolWith(1.3);
    const job = segmentJob('hold', 800, 1);
    const { last } = await pool.run('train-segment', job, options());
    await pool.release(job.spec);
    await untilGone(last.pid!, 5000);
    const { started, onProgress } = begun();
    const abort = new AbortController();
    const other = pool.run(
      'train-segment',
      segmentJob('sleep', 1, 2),
      options({ signal: abort.signal, onProgress }),
    );
    await started;
    const seen: Progress[] = [];
    const again = pool.run('train-segment', job, options({ onProgress: (progress) => seen.push(progress) }));
    await sleep(1200);
    abort.abort(new Error('done'));
    await assert.rejects(other, /done/);
    await again;
    assert.ok(
      seen.some(({ phase, memory }) => phase === 'queued' && memory !== undefined && memory.bytes > 850e6),
      JSON.stringify(seen[0]),
    );
  });

  test(
    'a job that expects more than there ever is, is refused at once, with the settings that would do, '
      + 'and no process is started',
    async () => {
      const pool = poolWith(1);
      const job = segmentJob('steps', 1, 1, large);
      const named = { ...job, spec: { ...job.spec, training: 'pretrain' as const } };
      await assert.rejects(
        pool.run('train-segment', named, options()),
        (error) =>
          error instanceof TooLittleMemoryError
          && /^Expected pretrain to take about 2\.\d GB of memory, but COUNTERFLOW_MEMORY_GB allows 1\.0 GB: it is not begun\. Make it smaller with --set pretrain\.microBatch=25000.*\. COUNTERFLOW_MEMORY_GB=3 begins it/.test(
            error.message,
          ),
      );
      assert.deepEqual(pool.processIds(), []);
      await pool.run('train-segment', segmentJob('steps'), options());
    },
  );

  test(
    'a process whose training has made all its updates ends at once where it is large, and is '
      + "anybody's where it is small",
    async () => {
      const pool = poolWith(10);
      const over = await pool.run('train-segment', segmentJob('hold', 1100, 1, { updates: 1100 }), options());
      await untilGone(over.last.pid!, 5000);
      const small = await pool.run('train-segment', segmentJob('steps', 10, 2, { updates: 10 }), options());
      const other = await pool.run('train-segment', segmentJob('steps', 10, 3), options());
      assert.equal(other.last.pid, small.last.pid);
      const later = await pool.run('train-segment', segmentJob('steps', 10, 4), options());
      assert.notEqual(later.last.pid, other.last.pid, 'a training that goes on keeps its process');
    },
  );
});

test('what others than we leave no memory for stops nobody behind it; what waits for its turn does', async () => {
  const permits = new Permits(2);
  const order: string[] = [];
  let hopeless: 'never ours' | 'later' | 'now' = 'never ours';
  const big = permits.acquire(1, never, 3, () => hopeless).then(() => order.push('big'));
  const small = permits.acquire(1, never, 3).then(() => order.push('small'));
  await small;
  hopeless = 'later';
  const next = permits.acquire(1, never, 3).then(() => order.push('next'));
  await sleep(10);
  assert.deepEqual(order, ['small']);
  hopeless = 'now';
  permits.release(1);
  await Promise.all([big, next]);
  assert.deepEqual(order, ['small', 'big', 'next']);
});

describe(
  'a process that gets no memory is named as such, with the settings that would do',
  { timeout: 300_000 },
  () => {
    const child = (root?: string, env = process.env) =>
      new ComputeChild({
        entry: testEntries.tensorflow,
        env,
        log: join(folder, 'child.log'),
        ...(root !== undefined && { root }),
      });
    const run = (one: ComputeChild, behaviour: string, onProgress: (progress: Progress) => void = () => {}) =>
      one.run({
        name: 'train-segment',
        job: segmentJob(behaviour),
        scratch: folder,
        threads: 1,
        onProgress,
        remedy: 'Make it smaller.',
      });
    const named = (what: RegExp) => (error: unknown) =>
      error instanceof OutOfMemoryError
      && what.test(error.message)
      && error.message.endsWith('Make it smaller.');

    test('under a limit of the address space', async () => {
      const limited = child();
      const { started, onProgress } = begun();
      const running = run(limited, 'hog', onProgress);
      await started;
      execFileSync('prlimit', ['--pid', String(limited.pid), '--as=1000000000']);
      await assert.rejects(
        running,
        named(/^There was not enough memory for a compute process: it (said|ended)/),
      );
      await limited.end();
    });

    test('where V8 has filled its heap', async () => {
      await assert.rejects(
        run(child(undefined, { ...process.env, NODE_OPTIONS: '--max-old-space-size=40' }), 'heap'),
        named(/ended without an answer \(signal SIGABRT\)/),
      );
    });

    test('where the kernel has killed it, and counted that', async () => {
      const root = join(folder, 'root');
      mkdirSync(join(root, 'proc'), { recursive: true });
      const kills = (count: number) =>
        writeFileSync(join(root, 'proc/vmstat'), `nr_free_pages 1\noom_kill ${count}\n`);
      kills(3);
      const killed = child(root);
      const { started, onProgress } = begun();
      const running = run(killed, 'sleep', onProgress);
      await started;
      kills(4);
      process.kill(killed.pid!, 'SIGKILL');
      await assert.rejects(running, named(/signal SIGKILL/));
    });
  },
);
