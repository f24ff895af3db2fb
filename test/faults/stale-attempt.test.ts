/** A worker and its compute processes stopped, given up, replaced by another worker, and continued: what it
 *  was doing then is nobody's any more. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, watch } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Layout } from '../../infra/store/layout.ts';
import { isClaim } from '../../infra/store/claim.ts';
import { verifyRun } from '../../infra/verify/verify-run.ts';
import { assertSameRun, endedRun, type EndedRun } from '../support/faults/ended-run.ts';
import { faultRow, type Trial } from '../support/faults/fault-row.ts';
import { Relay } from '../support/faults/relay.ts';
import { segments } from '../support/faults/small-run.ts';
import { WorkWatcher } from '../support/faults/watch-work.ts';
import { OneForEach } from '../support/faults/workshops.ts';
import { noTemporal } from '../support/temporal.ts';

type Stage = 'segment' | 'remember' | 'record' | 'report' | 'export' | 'evaluate' | 'prepare' | 'history';
const stages: readonly Stage[] = [
  'segment',
  'record',
  'remember',
  'report',
  'history',
  'export',
  'segment',
  'evaluate',
  'record',
  'prepare',
];
/** Records of an undisturbed run: one as each of five stages begins, one at the end. */
const records = 6;
const withinMs = 60_000;

interface Shared {
  readonly folder: string;
  readonly undisturbed: EndedRun;
}

const relays = new OneForEach<Relay>((folder) => Relay.open(folder));

faultRow<Shared>(import.meta.url, {
  fault:
    'worker and compute processes stopped (SIGSTOP) at any stage past the heartbeat timeout while '
    + 'another worker takes over, then continued; every fifth time with their connections left standing',
  mustHold:
    'the run of an undisturbed one; nothing that the stale attempt wrote becomes visible, in the '
    + "run's folder or in what is remembered, and nothing of it is left",
  trials: { short: 1, long: 30 },
  skip: noTemporal,
  atOnce: 3,
  prepare: (folder) =>
    relays.use(folder, async (relay) => {
      await relay.start('undisturbed');
      await relay.result('undisturbed');
      return { folder, undisturbed: endedRun(relay.layout.out, 'undisturbed') };
    }),
  trial: (trial) => relays.use(trial.shared.folder, (relay) => stopOnce(trial, relay)),
});

async function stopOnce({ number, random, shared }: Trial<Shared>, relay: Relay) {
  const id = `stopped-${number}`;
  const stage = stages[number % stages.length]!;
  const cut = number % 5 !== 4;
  const watcher = new WorkWatcher(relay.layout);
  try {
    const reached = reach(stage, join(relay.layout.out, id), watcher, random);
    await relay.start(id);
    await reached;
    relay.worker.stop({ cut });
    const stale = relay.inUse(id);
    const before = await relay.handOver();
    const givenUp = cut ? await relay.hurry(id) : 0;
    const isOver = random() < 0.7 || stage === 'history';
    // else the stale attempt goes on beside the one that has taken over
    await (isOver ? relay.result(id) : Promise.race([watcher.next(), relay.result(id)]));
    if (isOver) await untilExported(relay.layout, id);
    const visible = isOver ? visibleIn(relay.layout, id) : null;
    before.goOn();
    await until(() => !stale.some(existsSync), 'the stale attempt has ended');
    await relay.result(id);
    await before.end();
    await untilExported(relay.layout, id);
    await assertUndisturbed(relay, id, shared.undisturbed);
    if (visible) assert.deepEqual(visibleIn(relay.layout, id), visible);
    return {
      counts: {
        [`stopped in ${stage}`]: 1,
        'attempts hurried': givenUp,
        'segments begun again': watcher.segmentsBegun - segments,
      },
    };
  } finally {
    watcher.close();
  }
}

function reach(stage: Stage, run: string, watcher: WorkWatcher, random: () => number): Promise<void> {
  const segment = 1 + Math.floor(random() * segments);
  const afterMs = (most: number) => (): Promise<void> => sleep(random() * most);
  const job = (name: string): Promise<unknown> =>
    watcher.next((seen) => seen.kind === 'job' && seen.name.startsWith(name));
  switch (stage) {
    case 'segment':
      return watcher.next(() => watcher.segmentsBegun >= segment).then(afterMs(150));
    case 'remember':
      return watcher
        .next(
          (seen) =>
            watcher.segmentsBegun >= segment
            && seen.kind === 'writing'
            && seen.name !== 'checkpoint.safetensors',
        )
        .then(afterMs(10));
    case 'prepare':
      return job('prepare-dataset-').then(afterMs(20));
    case 'export':
      return job('export-models-').then(afterMs(200));
    case 'evaluate':
      return job('evaluate-density-').then(afterMs(200));
    case 'record':
      return claims(run, 'recordRun', 1 + Math.floor(random() * records)).then(afterMs(40));
    case 'report':
      return claims(run, 'writeReport', 1).then(afterMs(10));
    case 'history':
      return claims(join(run, 'history'), 'export', 1).then(afterMs(10));
  }
}

/** The `count`th claim in a folder. */
function claims(folder: string, subject: string, count: number): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const seen = new Set<string>();
  return new Promise((resolve) => {
    const watcher = watch(folder, (_event, name) => {
      if (name === null || !isClaim(name) || !name.includes(`-${subject}-`)) return;
      seen.add(name);
      if (seen.size < count) return;
      watcher.close();
      resolve();
    });
  });
}

async function assertUndisturbed(relay: Relay, id: string, undisturbed: EndedRun): Promise<void> {
  assertSameRun(endedRun(relay.layout.out, id), undisturbed);
  assert.deepEqual(relay.inUse(id), []);
  const { findings } = await verifyRun(relay.layout, id, 'counterflow');
  assert.deepEqual(
    findings.filter(({ state }) => state !== 'ok'),
    [],
  );
}

/** What there is to see of a run, by its hash: its folder, and all that is remembered. */
function visibleIn({ out, actions }: Layout, id: string): Record<string, string> {
  const files = [join(out, id), actions].flatMap((folder) =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name)),
  );
  return Object.fromEntries(
    files.sort().map((file) => [file, createHash('sha256').update(readFileSync(file)).digest('hex')]),
  );
}

async function untilExported({ out }: Layout, id: string): Promise<void> {
  const index = join(out, id, 'history', 'index.json');
  await until(
    () => existsSync(index) && (JSON.parse(readFileSync(index, 'utf8')) as unknown[]).length >= 2,
    'both histories are exported',
  );
}

async function until(is: () => boolean, what: string): Promise<void> {
  const from = performance.now();
  while (!is()) {
    assert.ok(performance.now() - from < withinMs, `not yet after ${withinMs / 1000} s: ${what}`);
    await sleep(50);
  }
}
