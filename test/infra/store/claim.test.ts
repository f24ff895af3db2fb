/** Of two attempts at the same work the later one alone publishes, wherever the earlier one is on its way. */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { StaleAttemptError } from '../../../activities/ports/errors.ts';
import type { Attempt } from '../../../activities/ports/progress.ts';
import { layoutOf } from '../../../infra/store/layout.ts';
import { LocalRunDirectory } from '../../../infra/worker/run-directory.ts';
import { writeAtomically } from '../../../infra/store/atomic-write.ts';
import { claiming, isClaim } from '../../../infra/store/claim.ts';
import { LocalStore } from '../../../infra/store/local-store.ts';
import { temporaryFolder } from '../../support/folders.ts';

const root = temporaryFolder('claim');
let folders = 0;
const newFolder = (): string => {
  const folder = join(root, String((folders += 1)));
  mkdirSync(folder);
  return folder;
};
const awaited = async (): Promise<boolean> => true;
const attempt = (workflowId: string, isAwaited = awaited): Attempt => ({
  workflowId,
  activity: 'trainSegment',
  isAwaited,
});
const content = (folder: string): string => readFileSync(join(folder, 'published'), 'utf8');
const publish = (folder: string, text: string, staging: string): Promise<void> =>
  writeAtomically(join(folder, 'published'), text, staging);

describe('a claim', () => {
  test('lets its attempt publish, and leaves nothing else behind', async () => {
    const folder = newFolder();
    await claiming(folder, 'work', awaited, ({ staging }) => publish(folder, 'mine', staging));
    assert.deepEqual([readdirSync(folder), content(folder)], [['published'], 'mine']);
  });

  test(
    'is lost to a later attempt: what the earlier one publishes from then on is refused, also what it '
      + 'had written already',
    async () => {
      const folder = newFolder();
      await assert.rejects(
        claiming(folder, 'work', awaited, async ({ staging: earlier }) => {
          await publish(folder, 'of the earlier attempt, in time', earlier);
          await claiming(folder, 'work', awaited, ({ staging }) =>
            publish(folder, 'of the later attempt', staging),
          );
          await publish(folder, 'of the earlier attempt, too late', earlier);
        }),
        StaleAttemptError,
      );
      assert.deepEqual([readdirSync(folder), content(folder)], [['published'], 'of the later attempt']);
    },
  );

  test(
    'is refused to an attempt that the server does not await any more, and takes nothing from the one '
      + 'that it awaits',
    async () => {
      const folder = newFolder();
      await claiming(folder, 'work', awaited, async ({ staging }) => {
        await assert.rejects(
          claiming(
            folder,
            'work',
            async () => false,
            () => publish(folder, 'of an attempt given up', staging),
          ),
          StaleAttemptError,
        );
        await publish(folder, 'of the one that is awaited', staging);
      });
      assert.equal(content(folder), 'of the one that is awaited');
    },
  );

  test(
    "of an attempt that was stopped between the server's word and its first act takes nothing from a "
      + 'later one',
    async () => {
      const folder = newFolder();
      let stopped: () => void = () => {};
      const later = new Promise<void>((resolve) => {
        stopped = resolve;
      });
      const earlier = claiming(
        folder,
        'work',
        async () => {
          await later;
          return true;
        },
        ({ staging }) => publish(folder, 'of the earlier attempt', staging),
      );
      while (!readdirSync(folder).some(isClaim)) await sleep(5);
      await claiming(folder, 'work', awaited, async ({ staging }) => {
        stopped();
        await assert.rejects(earlier, StaleAttemptError);
        await publish(folder, 'of the later attempt', staging);
      });
      assert.equal(content(folder), 'of the later attempt');
    },
  );

  test('is one for each subject: others in the same folder go on', async () => {
    const folder = newFolder();
    await claiming(folder, 'work', awaited, async ({ staging }) => {
      await claiming(folder, 'other-work', awaited, async () => undefined);
      await publish(folder, 'mine', staging);
    });
    assert.equal(content(folder), 'mine');
  });

  test('keeps an error of its own work as it is', async () => {
    await assert.rejects(
      claiming(newFolder(), 'work', awaited, () => Promise.reject(new RangeError('no'))),
      RangeError,
    );
  });
});

describe('a process stopped while it publishes', { timeout: 60_000 }, () => {
  const folder = newFolder();
  let writer: ChildProcess;
  before(() => {
    writer = spawn(process.execPath, ['--import', 'tsx', 'test/support/claim-writer.ts', folder], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
  });
  after(() => writer.disconnect());
  const said = async (): Promise<unknown> => (await once(writer, 'message'))[0];

  test(
    'publishes nothing once it goes on, wherever it was stopped, when another has taken over '
      + 'meanwhile: 40 times',
    async () => {
      for (let time = 0; time < 40; time += 1) {
        const claimed = said();
        writer.send('claim');
        assert.equal(await claimed, 'claimed');
        await sleep(Math.random() * 20);
        process.kill(writer.pid!, 'SIGSTOP');
        const end = said();
        await claiming(folder, 'work', awaited, async ({ staging }) => {
          await publish(folder, `of the later attempt, ${time}`, staging);
          process.kill(writer.pid!, 'SIGCONT');
          assert.equal(await end, 'StaleAttemptError');
          assert.equal(content(folder), `of the later attempt, ${time}`);
        });
        assert.deepEqual(readdirSync(folder), ['published']);
      }
    },
  );
});

describe('the store', () => {
  const layout = layoutOf(newFolder());
  const store = new LocalStore(layout);
  const record = (output: unknown) => ({ activity: 'test', spec: {}, output });

  test('keeps the first output under a key while it is whole, and takes the next one after that', async () => {
    const ref = await store.put(Buffer.from('weights'));
    await store.fenced('key', attempt('run-1'), async (claim) => {
      assert.deepEqual(await store.remember('key', record({ ref, mse: 1 }), claim), { ref, mse: 1 });
      assert.deepEqual(await store.remember('key', record({ ref, mse: 2 }), claim), { ref, mse: 1 });
    });
    const other = { ...ref, sha256: ref.sha256.replace(/^./, (digit) => (digit === '0' ? '1' : '0')) };
    await store.remember('lost', record({ ref: other }));
    assert.deepEqual(await store.remember('lost', record({ ref, mse: 2 })), { ref, mse: 2 });
    assert.deepEqual((await store.recall('lost'))?.output, { ref, mse: 2 });
  });

  test(
    'remembers nothing of an attempt that another at the same workflow has followed, and what two '
      + 'workflows find out under one key',
    async () => {
      await assert.rejects(
        store.fenced('fenced', attempt('run-1'), async (claim) => {
          await store.fenced('fenced', attempt('run-2'), async () => undefined);
          await store.remember('before', record(1), claim);
          await store.fenced('fenced', attempt('run-1'), async () => undefined);
          await store.remember('fenced', record(2), claim);
        }),
        StaleAttemptError,
      );
      assert.deepEqual([(await store.recall('before'))?.output, await store.recall('fenced')], [1, null]);
      assert.deepEqual(readdirSync(layout.claims), []);
    },
  );

  test('lets one at a time compute what a key stands for', async () => {
    const at: string[] = [];
    const heartbeat = { signal: new AbortController().signal, onProgress: () => undefined };
    await Promise.all(
      [1, 2, 3].map((one) =>
        store.locked('key', heartbeat, async () => {
          at.push(`begins ${one}`);
          await sleep(20);
          at.push(`ends ${one}`);
        }),
      ),
    );
    for (let i = 0; i < 6; i += 2) assert.equal(at[i]!.replace('begins', 'ends'), at[i + 1]);
  });

  test('takes an attempt out of the wait for its turn when it is cancelled', async () => {
    const cancelled = new AbortController();
    const waiting = store.locked(
      'held',
      { signal: new AbortController().signal, onProgress: () => undefined },
      () =>
        assert.rejects(
          store.locked(
            'held',
            { signal: cancelled.signal, onProgress: () => cancelled.abort() },
            async () => undefined,
          ),
          { name: 'AbortError' },
        ),
    );
    await waiting;
  });
});

describe("a run's folder", () => {
  test(
    'takes no file from an attempt that another has followed: written, linked, or a last one after '
      + 'others',
    async () => {
      const layout = layoutOf(newFolder());
      const store = new LocalStore(layout);
      const runs = new LocalRunDirectory(layout, store);
      const ref = await store.put(Buffer.from('weights'));
      for (const late of ['write', 'link'] as const) {
        await assert.rejects(
          runs.claiming('run', attempt('run'), async (claim) => {
            await runs.write('run', 'run.json', 'in time', claim);
            await runs.claiming('run', attempt('run'), (later) =>
              runs.write('run', 'run.json', 'of the later attempt', later),
            );
            await (late === 'write'
              ? runs.write('run', 'run.json', 'too late', claim)
              : runs.link('run', 'checkpoints/contrast.safetensors', ref, claim));
          }),
          StaleAttemptError,
        );
        assert.equal(readFileSync(join(runs.path('run'), 'run.json'), 'utf8'), 'of the later attempt');
        assert.equal(existsSync(join(runs.path('run'), 'checkpoints', 'contrast.safetensors')), false);
      }
    },
  );
});
