/** Runs that were begun with other workflows, gone on with and cancelled by the command line as a process:
 *  real server, real trainings. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { exitCodes } from '../../../infra/base/exit-codes.ts';
import { readRecord, writeRequest } from '../../../infra/client/records/run-records.ts';
import { startWorkflow } from '../../../infra/client/runs/start-workflow.ts';
import { ensureServer, stopServer } from '../../../infra/temporal/dev-server.ts';
import { Actions } from '../../../infra/ui/actions.ts';
import { PageModel } from '../../../infra/ui/page-model.ts';
import { processesWith, run, start } from '../../support/command-line.ts';
import { noBaselines, smallRequest, smallSettings } from '../../support/faults/small-run.ts';
import { temporaryFolder } from '../../support/folders.ts';
import { noTemporal } from '../../support/temporal.ts';
import { statusQuery } from '../../../workflows/shared/status.ts';

describe(
  'a run that was begun with other workflows',
  { skip: noTemporal, concurrency: false, timeout: 580_000 },
  () => {
    const out = join(temporaryFolder('changed-workflow'), 'runs');
    const ids = ['training', 'unwanted', 'detached', 'clicked'];
    const more = (i: number): string[] => [
      ...noBaselines,
      'contrast.updates=40',
      'contrast.segments=20',
      `seed=${i}`,
    ];
    const settingsOf = (id: string): string[] => [...smallSettings, ...more(ids.indexOf(id))];
    let client: Client;

    before(async () => {
      const { address } = await ensureServer({ out });
      client = new Client({ connection: await Connection.connect({ address }) });
      const earlier = spawn(
        process.execPath,
        ['--import', 'tsx', 'test/support/earlier-worker.ts', out, address],
        { stdio: ['ignore', 'inherit', 'inherit'] },
      );
      for (const [i, id] of ids.entries()) {
        // they share no segment
        const request = smallRequest(id, more(i));
        await writeRequest(out, { request, address: null });
        await startWorkflow(client, request);
      }
      const reached = async (id: string): Promise<number> =>
        (
          await client.workflow
            .getHandle(id)
            .query(statusQuery)
            .catch(() => null)
        )?.trainings.contrast?.update ?? 0;
      for (const id of ids) while ((await reached(id)) === 0) await sleep(200);
      const ended = once(earlier, 'exit');
      earlier.kill('SIGTERM');
      await ended;
    });
    after(async () => {
      await (client.connection as Connection).close();
      await stopServer(out);
    });

    test('is watched until it is seen that it cannot go on, with what to do; its page says so too', async (t) => {
      const worker = start(['worker', '--json', '--out', out]);
      const ready = once(worker.process.stdout!, 'data');
      const look = new PageModel(out, {}, new Actions(out, {}), 'token');
      const pageOf = async (): Promise<string> => (await look.run('detached'))!.main.source;
      await ready;
      const began = performance.now();
      while (!(await pageOf()).includes('It cannot go on as it is: the code of the workflows differs'))
        await sleep(200);
      t.diagnostic(
        `the page says so ${((performance.now() - began) / 1000).toFixed(1)} s after the worker is ready`,
      );
      assert.match(
        await pageOf(),
        /<p class="state" data-state="stuck"[^]*id="cancel"[^]*<button[^>]*>Resume/,
      );
      await look.close();
      const { code, stderr } = await run(['watch', 'detached', '--out', out]);
      worker.process.kill('SIGTERM');
      await worker.ended;
      assert.equal(code, exitCodes.failed);
      assert.match(
        stderr,
        /The code of the workflows differs from that which detached was begun with: its execution cannot go on\. `counterflow resume detached` goes on in a new one/,
      );
    });

    test(
      'goes on in a new execution also where nobody attends it: left by a command, or begun again by a '
        + 'click',
      async () => {
        const detached = await run([
          'run',
          'eight-gaussians',
          '--id',
          'detached',
          '--detach',
          '--out',
          out,
          '--fresh',
          ...settingsOf('detached').flatMap((one) => ['--set', one]),
        ]);
        assert.equal(detached.code, exitCodes.ok, detached.stderr);
        assert.equal(detached.stdout, 'detached\n');
        assert.match(
          detached.stderr,
          /The code of the workflows differs from that which detached was begun with[^]* A new one goes on from its artifacts/,
        );
        const actions = new Actions(out, {});
        actions.begin('resume', 'run', 'clicked');
        await actions.settle();
        assert.match(
          actions.lastMessage('clicked')!,
          /^Resumed; a worker in the background goes on with it\. The code of the workflows differs from that which clicked was begun with/,
        );
        for (const id of ['detached', 'clicked'])
          while ((await readRecord(out, id))!.status === 'running') await sleep(500);
        for (const id of ['detached', 'clicked']) {
          const { status, steps } = (await readRecord(out, id))!;
          assert.equal(status, 'completed');
          assert.ok(steps!.some(({ name, reused }) => name === 'contrast 0-2' && reused));
        }
        // the worker in the background does not end by itself: other runs are open
        for (const pid of processesWith([out, 'worker/main.ts'])) process.kill(pid, 'SIGTERM');
        while (processesWith([out, 'worker/main.ts']).length > 0) await sleep(200);
      },
    );

    test('goes on in a new execution, which finds what was finished, and says so', async () => {
      const { code, stdout, stderr } = await run(['resume', 'training', '--out', out]);
      assert.equal(code, exitCodes.ok, stderr);
      assert.match(
        stdout,
        /^training goes on\.\n[^]*\nThe code of the workflows differs from that which training was begun with: its execution cannot go on[^]*completed +training/,
      );
      const record = (await readRecord(out, 'training'))!;
      assert.equal(record.status, 'completed');
      assert.ok(
        record.decisions!.some(
          ({ what, sentence }) => what === 'resumed' && sentence.includes('what it had finished is found'),
        ),
      );
      assert.ok(record.steps!.some(({ name, reused }) => name === 'contrast 0-2' && reused));
    });

    test('is cancelled, and its record says so', async () => {
      const { code, stdout, stderr } = await run(['cancel', 'unwanted', '--out', out]);
      assert.equal(code, exitCodes.ok, stderr);
      assert.equal(
        stdout,
        'unwanted is cancelled. It was ended on the server, for the code of the workflows differs '
          + 'from that which it was begun with.\n',
      );
      // the command took the server with it where nobody else needed it
      const connection = await Connection.connect({ address: (await ensureServer({ out })).address });
      const { workflow } = new Client({ connection });
      for (const id of ['unwanted', 'unwanted/contrast'])
        assert.equal((await workflow.getHandle(id).describe()).status.name, 'TERMINATED');
      await connection.close();
      const record = (await readRecord(out, 'unwanted'))!;
      assert.deepEqual([record.status, typeof record.finishedAt], ['cancelled', 'string']);
      assert.match((await run(['verify', 'unwanted', '--out', out])).stdout, /unwanted/);
    });
  },
);
