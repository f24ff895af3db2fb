import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Client, Connection } from '@temporalio/client';
import pc from 'picocolors';
import type { SweepRecord } from '../../../../activities/sweep/contracts.ts';
import { sweepText } from '../../../../activities/sweep/sweep-record.ts';
import { idleRuns, nowOf } from '../../../../infra/client/runs/idle-runs.ts';
import { openAmong } from '../../../../infra/client/server/idle-workflows.ts';
import { recordLines } from '../../../../infra/cli/lines/record-lines.ts';
import { findRun, listRuns, readRecord } from '../../../../infra/client/records/run-records.ts';
import { idleSweeps } from '../../../../infra/client/sweeps/idle-sweeps.ts';
import { sweptFolder } from '../../../support/swept-folder.ts';

const finished = {
  id: 'spiral-s1-20261101-090000-aaaa',
  experiment: 'spiral',
  status: 'completed',
  seed: 1,
  startedAt: '2026-11-01T09:00:00.000Z',
  partialData: true,
  timings: { setupS: 12, totalS: 544, prepareS: 3, contrastS: 120.4 },
  results: { 'mse.flowMle': 0.16612, mse: { ebmFce: 0.0066 } },
  decisions: [
    { at: '2026-11-01T09:01:00.000Z', what: 'rollback', sentence: 'contrast diverged at update 7.' },
  ],
};
const request = {
  runId: 'spiral-s2-20261102-090000-bbbb',
  experiment: 'spiral',
  startedAt: '2026-11-02T09:00:00.000Z',
  config: { seed: 2 },
};
let out: string;

before(async () => {
  out = await mkdtemp(join(tmpdir(), 'counterflow-runs-'));
  for (const folder of [finished.id, request.runId, '.store', 'something-else'])
    await mkdir(join(out, folder));
  await writeFile(join(out, finished.id, 'run.json'), JSON.stringify(finished));
  await writeFile(join(out, request.runId, 'request.json'), JSON.stringify({ request, address: null }));
});
after(() => rm(out, { recursive: true }));

describe('runs are known from their folders', () => {
  test('newest first, also one that has only been asked for, and nothing that is no run', async () => {
    assert.deepEqual(await listRuns(out), [
      { id: request.runId, experiment: 'spiral', status: 'running', seed: 2, startedAt: request.startedAt },
      {
        id: finished.id,
        experiment: 'spiral',
        status: 'completed',
        seed: 1,
        startedAt: finished.startedAt,
        headline: { name: 'mse.ebmFce', value: 0.0066 },
      },
    ]);
  });

  test('a folder that does not exist has no runs', async () => {
    assert.deepEqual(await listRuns(join(out, 'nothing', 'here')), []);
  });

  test('latest, an id and the beginning of an id name a run', async () => {
    assert.equal(await findRun(out, 'latest'), request.runId);
    assert.equal(await findRun(out, finished.id), finished.id);
    assert.equal(await findRun(out, 'spiral-s1'), finished.id);
  });

  test('an ambiguous or unknown name is refused with what there is', async () => {
    await assert.rejects(findRun(out, 'spiral'), /begins 2: .*spiral-s2.*spiral-s1/);
    await assert.rejects(
      findRun(out, 'spiral-s1-20261101-090000-aaab'),
      /did you mean spiral-s1-20261101-090000-aaaa\?/,
    );
    await assert.rejects(findRun(out, '../x'), /Expected the id of a run/);
  });

  test('a run that says running while there is no server is idle', async () => {
    assert.deepEqual([...(await idleRuns(out, await listRuns(out)))], [request.runId]);
  });

  test('a run or a sweep that ended after its record was read is not idle, and its status is that of now', async () => {
    const stale = {
      ...(await listRuns(out)).find(({ id }) => id === finished.id)!,
      status: 'running',
    } as const;
    assert.deepEqual([...(await idleRuns(out, [stale]))], []);
    assert.deepEqual(
      (await nowOf(out, [stale])).map(({ status }) => status),
      ['completed'],
    );
    const { sweep } = sweptFolder(out, 'swept');
    const read = { sweep, status: 'running', address: null } as unknown as SweepRecord;
    assert.deepEqual([...(await idleSweeps(out, [read]))], []);
    await writeFile(join(out, 'swept', 'sweep.json'), sweepText(read));
    assert.deepEqual([...(await idleSweeps(out, [read]))], ['swept']);
    await rm(join(out, 'swept'), { recursive: true });
  });

  test('of a server that does not answer in time no run is said to be idle', async () => {
    const sockets: Socket[] = [];
    const silent = createServer((socket) => void sockets.push(socket));
    await once(silent.listen(0, '127.0.0.1'), 'listening');
    const connection = Connection.lazy({
      address: `127.0.0.1:${(silent.address() as AddressInfo).port}`,
      connectTimeout: '1 s',
    });
    assert.deepEqual([...(await openAmong(new Client({ connection }), ['one', 'other']))], ['one', 'other']);
    await connection.close();
    for (const socket of sockets) socket.destroy();
    silent.close();
  });

  test('a run with a training that was told to hold is paused, until that is told to go on, or ends', async () => {
    const told = (number: number, message: string, training = 'contrast') => ({
      at: finished.startedAt,
      what: 'told',
      training,
      sentence: '',
      details: { message, number, update: 10, rollbacks: 0 },
    });
    const pausedWith = async (decisions: readonly object[], more: object = {}) => {
      await mkdir(join(out, 'held'), { recursive: true });
      await writeFile(
        join(out, 'held', 'run.json'),
        JSON.stringify({ ...finished, id: 'held', status: 'running', decisions, ...more }),
      );
      const record = (await readRecord(out, 'held'))!;
      const lines = recordLines(record, 'folder', false, pc.createColors(false));
      return [(await listRuns(out)).find(({ id }) => id === 'held')!.paused, lines[0]];
    };
    assert.deepEqual(await pausedWith([told(1, 'pause')]), [['contrast'], 'held  paused']);
    assert.deepEqual(await pausedWith([told(2, 'resume'), told(1, 'pause')]), [undefined, 'held  running']);
    assert.deepEqual(await pausedWith([told(2, 'pause', 'vae'), told(1, 'pause'), told(3, 'resume')]), [
      ['vae'],
      'held  paused',
    ]);
    assert.deepEqual(await pausedWith([told(1, 'pause')], { trainings: { contrast: {} } }), [
      undefined,
      'held  running',
    ]);
    assert.deepEqual(await pausedWith([told(1, 'pause')], { status: 'cancelled' }), [
      undefined,
      'held  cancelled',
    ]);
    await rm(join(out, 'held'), { recursive: true });
  });

  test('a damaged record is named', async () => {
    await mkdir(join(out, 'broken'));
    await writeFile(join(out, 'broken', 'run.json'), '{');
    await assert.rejects(readRecord(out, 'broken'), /broken\/run\.json to be JSON/);
    await rm(join(out, 'broken'), { recursive: true });
  });
});

test('a record warns where its figures mean little, and marks each one that means nothing', async () => {
  const results = {
    bitsPerDim: { flowFce: 'Infinity', importance: { ebmFce: 3 } },
    logNormalizer: { ebmFce: { learned: 2, importance: 90, effectiveSamples: 1 } },
  };
  const warnings = [
    {
      what: 'saturated' as const,
      training: 'contrast' as const,
      sentence: 'contrast: told apart.',
      details: {},
    },
  ];
  const lines = (record: object) =>
    recordLines(
      { ...finished, status: 'completed', decisions: [], ...record },
      '/runs/x',
      false,
      pc.createColors(false),
    );
  const text = lines({ results, warnings }).join('\n');
  assert.match(text, /\n\nWarnings\n {2}contrast: told apart\.\n/);
  assert.match(text, /bitsPerDim\.importance\.ebmFce +3 +means nothing \(effective samples: 1\)\n/);
  assert.match(text, /logNormalizer\.ebmFce\.importance +90 +means nothing/);
  assert.match(text, /logNormalizer\.ebmFce\.learned +2\n/);
  assert.doesNotMatch(
    lines({
      results: { ...results, logNormalizer: { ebmFce: { importance: 90, effectiveSamples: 10 } } },
      warnings: [],
    }).join('\n'),
    /means nothing|Warnings/,
  );
});

test('a record is laid out with its times, results, decisions, and what is partial about it', async () => {
  const text = recordLines(
    (await readRecord(out, finished.id))!,
    '/runs/x',
    false,
    pc.createColors(false),
  ).join('\n');
  assert.match(text, /^spiral-s1-20261101-090000-aaaa {2}completed/);
  assert.match(text, /data +partial/);
  assert.match(text, /total +9 min 04 s/);
  assert.match(text, /contrast +2 min 00 s/);
  assert.match(text, /mse\.flowMle +0\.1661\n +mse\.ebmFce +0\.0066/);
  assert.match(text, /rollback +contrast diverged at update 7\./);
  assert.match(text, /report +\/runs\/x\/report\.html/);
});
