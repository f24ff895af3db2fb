import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { withLock } from '../../../infra/store/lock.ts';

const holder = `import { withLock } from './infra/store/lock.ts';
  await withLock(process.argv[1], () => new Promise((resolve) => { process.send('held'); setTimeout(resolve, 60_000); }));`;

async function hold(subject: string) {
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', holder, subject], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  await once(child, 'message');
  return { pid: child.pid!, end: () => child.kill('SIGKILL') };
}

describe('a turn', { timeout: 60_000 }, () => {
  test('is waited for while its holder runs, however long, and comes with its death', async () => {
    const { end } = await hold('a turn held');
    let waitedS = 0;
    const turn = withLock('a turn held', async () => 'mine', {
      silentForMs: 2000,
      waiting: (seconds) => {
        waitedS = seconds;
        if (seconds === 4) end();
      },
    });
    assert.equal(await turn, 'mine');
    assert.ok(waitedS >= 4, `${waitedS} s`);
  });

  test('is not waited for when its holder is stopped', async () => {
    const { pid, end } = await hold('a turn of a stopped process');
    process.kill(pid, 'SIGSTOP');
    assert.equal(
      await withLock('a turn of a stopped process', async () => 'mine', { silentForMs: 2000 }),
      'mine',
    );
    end();
  });

  test('is given up when the wait is cancelled', async () => {
    const { end } = await hold('a turn not wanted');
    await assert.rejects(
      withLock('a turn not wanted', async () => 'mine', { signal: AbortSignal.timeout(300) }),
      { name: 'AbortError' },
    );
    end();
  });
});
