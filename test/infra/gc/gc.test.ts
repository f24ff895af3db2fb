/** Collecting garbage: what no run needs goes, after it was shown; what a run has, or could find again,
 *  stays. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { RunRequest } from '../../../activities/contracts/run.ts';
import { exitCodes } from '../../../infra/base/exit-codes.ts';
import type { PlanSummary } from '../../../infra/cli/lines/plan-lines.ts';
import { writeRequest } from '../../../infra/client/records/run-records.ts';
import { planRemoval, type Item, type RemovalPlan } from '../../../infra/gc/plan.ts';
import { removePlanned, type Removal } from '../../../infra/gc/remove.ts';
import { layoutOf, type Layout } from '../../../infra/store/layout.ts';
import { which } from '../../../infra/setup/command.mjs';
import { LocalStore } from '../../../infra/store/local-store.ts';
import { verifyRun } from '../../../infra/verify/verify-run.ts';
import { uniform } from '../../../models/core/random.ts';
import { run, start } from '../../support/command-line.ts';
import { damageFile } from '../../support/faults/damage.ts';
import { smallRequest } from '../../support/faults/small-run.ts';
import { temporaryFolder } from '../../support/folders.ts';
import { recordRunIn } from '../../support/recorded-run.ts';

const folder = temporaryFolder('gc');
let folders = 0;
const emptyLayout = (): Layout => layoutOf(join(folder, String((folders += 1))));
const plan = (layout: Layout, { olderThan = -1000, keepCache = false } = {}): Promise<RemovalPlan> =>
  planRemoval(layout, { olderThan, keepCache });
const files = (items: readonly Item[]): string[] => items.map(({ file }) => file).sort();
const stored = ({ out }: Layout): string[] =>
  readdirSync(join(out, '.store'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(out.length + 1))
    .sort();
const assertWhole = async (layout: Layout, id: string): Promise<void> => {
  const { holds, findings } = await verifyRun(layout, id, 'counterflow');
  assert.ok(holds, JSON.stringify(findings.filter(({ state }) => state !== 'ok')));
};
const removeRun = ({ out }: Layout, id: string): void => rmSync(join(out, id), { recursive: true });
/** Other data too: those of two runs that differ in their seed alone are one. */
const other = { set: ['seed=2', 'dataset.seed=2'] };

describe('garbage', () => {
  test('is nothing in a folder of runs that have all ended, nor in one that is empty', async () => {
    const layout = emptyLayout();
    assert.deepEqual((await plan(layout)).remove, []);
    await recordRunIn(layout, 'one');
    await recordRunIn(layout, 'two', { fresh: false, ...other });
    assert.deepEqual((await plan(layout)).remove, []);
  });

  test("is not the copy of a user's own experiment, which stays with its run", async () => {
    const layout = emptyLayout();
    const experimentFile = { path: 'mine.yaml', sha256: 'of the text', text: 'name: mine\n' };
    await recordRunIn(layout, 'own', { experimentFile });
    assert.deepEqual((await plan(layout)).remove, []);
    assert.equal(readFileSync(join(layout.out, 'own', 'experiment', 'mine.yaml'), 'utf8'), 'name: mine\n');
  });

  test("is found beside a sweep too, whose folder has a history and is no run's", async () => {
    const layout = emptyLayout();
    await recordRunIn(layout, 'sweep-0123456789ab');
    mkdirSync(join(layout.out, 'sweep', 'history'), { recursive: true });
    writeFileSync(join(layout.out, 'sweep', 'sweep.json'), '{}');
    assert.deepEqual((await plan(layout)).remove, []);
  });

  test('is what belonged to a run whose folder was removed, and to no other', async () => {
    const layout = emptyLayout();
    await recordRunIn(layout, 'kept');
    const before = stored(layout);
    await recordRunIn(layout, 'gone', other);
    const after = stored(layout).filter((file) => !before.includes(file));
    removeRun(layout, 'gone');
    const planned = await plan(layout);
    assert.deepEqual(files(planned.remove), after);
    assert.deepEqual(stored(layout), [...before, ...after].sort(), 'a plan removes nothing');
    const { removed, left } = await removePlanned(layout, planned);
    assert.deepEqual([files(removed), left, stored(layout)], [after, [], before]);
    await assertWhole(layout, 'kept');
  });

  test('is not what a later run could find again, where the cache is kept', async () => {
    const layout = emptyLayout();
    await recordRunIn(layout, 'gone', { fresh: false });
    removeRun(layout, 'gone');
    const orphan = await new LocalStore(layout).put(Buffer.from('named by nothing'));
    const { remove } = await plan(layout, { keepCache: true });
    // the copies of models that bear the run's name are its own
    assert.ok(files(remove).some((file) => file.endsWith(orphan.sha256)));
    assert.ok(
      remove.every(({ kind }) => kind === 'artifact') && remove.length === 2,
      JSON.stringify(files(remove)),
    );
    await removePlanned(layout, await plan(layout, { keepCache: true }));
    const { training } = await recordRunIn(layout, 'later', { fresh: false });
    assert.ok(training.segments.every(({ reused }) => reused));
  });

  for (const status of ['running', 'failed', 'cancelled'] as const) {
    test(
      `is nothing that a run which is ${status} could go on from, though its record names none of it `
        + 'yet',
      async () => {
        const layout = emptyLayout();
        await recordRunIn(layout, 'stopped', { status, until: 4 });
        await recordRunIn(layout, 'gone', { set: ['contrast.batchSize=60'] });
        removeRun(layout, 'gone');
        const { removed } = await removePlanned(layout, await plan(layout));
        assert.ok(removed.length > 0);
        const { training } = await recordRunIn(layout, 'stopped');
        assert.deepEqual(
          training.segments.map(({ reused }) => reused),
          [true, true, true, true, ...Array.from({ length: 6 }, () => false)],
        );
        await assertWhole(layout, 'stopped');
      },
    );
  }

  test('is nothing that a run reached with settings it had before it was given others', async () => {
    const layout = emptyLayout();
    const { request } = await recordRunIn(layout, 'amended', {
      status: 'failed',
      until: 4,
      set: ['contrast.flow.learningRate=4'],
    });
    const { config } = smallRequest('amended', ['contrast.flow.learningRate=1']);
    const given = (amended: RunRequest['amended']): Promise<void> =>
      writeRequest(layout.out, {
        request: { ...request, config, ...(amended && { amended }) },
        address: null,
      });
    await given([
      {
        training: 'contrast',
        changes: [],
        before: request.config.contrast,
        update: 8,
        adjustments: [],
        decisions: [],
      },
    ]);
    assert.deepEqual((await plan(layout)).remove, []);
    await assertWhole(layout, 'amended');
    await given(undefined);
    await assert.rejects(
      plan(layout),
      /request\.json cannot be read \(its run, experiment or configuration is not that of run\.json\)/,
    );
  });

  test('is no flow that a run which can go on was given, for its file may be gone', async () => {
    const layout = emptyLayout();
    const { request } = await recordRunIn(layout, 'stopped', { status: 'failed', until: 2 });
    const artifact = await new LocalStore(layout).put(Buffer.from('a flow'));
    const named = async (): Promise<boolean> =>
      files((await plan(layout)).remove).some((file) => file.endsWith(artifact.sha256));
    assert.equal(await named(), true);
    await writeRequest(layout.out, {
      request: { ...request, initialFlow: { file: '/gone/flow.safetensors', artifact } },
      address: null,
    });
    assert.equal(await named(), false);
  });

  test('is not what a run under way has stored and not yet named anywhere, however old the plan wants it', async () => {
    const layout = emptyLayout();
    await recordRunIn(layout, 'under-way', { status: 'running', until: 2 });
    const ref = await new LocalStore(layout).put(Buffer.from('about to be named'));
    const { remove, young } = await plan(layout);
    assert.deepEqual([remove, young.length], [[], 1]);
    assert.ok(young[0]!.file.endsWith(ref.sha256));
  });

  test('is a mark of a released checkpoint once no run needs what made that, and not before', async () => {
    const layout = emptyLayout();
    const { training } = await recordRunIn(layout, 'kept');
    const other = await recordRunIn(layout, 'gone', { set: ['seed=2'] });
    const store = new LocalStore(layout);
    const [mine, theirs] = [training, other.training].map(({ segments }) => segments[0]!.checkpoint);
    for (const checkpoint of [mine!, theirs!]) await store.release(checkpoint);
    assert.deepEqual((await plan(layout)).remove, []);
    await assertWhole(layout, 'gone');
    removeRun(layout, 'gone');
    const { removed } = await removePlanned(layout, await plan(layout));
    assert.deepEqual(files(removed.filter(({ kind }) => kind === 'release mark')), [
      `.store/released/${theirs!.sha256}`,
    ]);
    assert.equal(await store.isReleased(mine!), true);
    await assertWhole(layout, 'kept');
  });

  test('stays while it is younger than was asked for', async () => {
    const layout = emptyLayout();
    await recordRunIn(layout, 'gone');
    removeRun(layout, 'gone');
    const { remove, young } = await plan(layout, { olderThan: 60_000 });
    assert.equal(remove.length, 0);
    assert.deepEqual(files(young), stored(layout));
  });

  test('left behind by killed processes goes when no attempt can be at work on it any more', async () => {
    const layout = emptyLayout();
    await recordRunIn(layout, 'kept');
    const hoursAgo = (hours: number): Date => new Date(Date.now() - hours * 3_600_000);
    const lie = (path: string, old: boolean): void => {
      mkdirSync(join(path, '..'), { recursive: true });
      writeFileSync(path, 'half');
      const at = hoursAgo(old ? 73 : 48);
      utimesSync(path, at, at);
    };
    const tmp = '.run.json.0f8fad5b-d9cb-469f-a165-70867728950e.tmp';
    const old = [
      join(layout.objects, '.incoming', 'x'),
      join(layout.scratch, 'job-x'),
      join(layout.out, 'kept', tmp),
      join(layout.out, 'kept', 'experiment', tmp),
      join(layout.actions, tmp),
      join(layout.logs, 'compute-tensorflow-4194304-1.log'),
    ];
    const young = [join(layout.scratch, 'job-y'), join(layout.logs, 'compute-tensorflow-4194304-2.log')];
    const living = [
      join(layout.logs, `compute-tensorflow-${process.pid}-1.log`),
      join(layout.logs, 'worker.log'),
      join(layout.out, 'kept', 'notes.tmp'),
    ];
    for (const path of [...old, ...living]) lie(path, true);
    for (const path of young) lie(path, false);
    const { removed } = await removePlanned(layout, await plan(layout));
    assert.deepEqual(files(removed), old.map((path) => path.slice(layout.out.length + 1)).sort());
    for (const path of old) assert.ok(!existsSync(path));
    for (const path of [...young, ...living]) assert.ok(existsSync(path), path);
  });
});

describe('between what was shown and what is removed', () => {
  const planned = async (): Promise<{ layout: Layout; shown: RemovalPlan; before: string[] }> => {
    const layout = emptyLayout();
    await recordRunIn(layout, 'gone', { fresh: false });
    removeRun(layout, 'gone');
    return { layout, shown: await plan(layout), before: stored(layout) };
  };

  test('a run that begins and finds what was remembered keeps it', async () => {
    const { layout, shown } = await planned();
    await recordRunIn(layout, 'new', { fresh: false, status: 'running', until: 10 });
    const { removed, left } = await removePlanned(layout, shown);
    assert.ok(left.length > removed.length);
    const { training } = await recordRunIn(layout, 'new', { fresh: false });
    assert.ok(training.segments.every(({ reused }) => reused));
    await assertWhole(layout, 'new');
  });

  test('an artifact that is stored again stays', async () => {
    const { layout, shown } = await planned();
    const { file } = shown.remove.find(({ kind }) => kind === 'artifact')!;
    await new LocalStore(layout).put(readFileSync(join(layout.out, file)));
    const { removed, left } = await removePlanned(layout, shown);
    assert.deepEqual(files(left), [file]);
    assert.equal(removed.length, shown.remove.length - 1);
    assert.deepEqual(stored(layout), [file]);
  });

  test('a run whose record becomes unreadable leaves everything where it was', async () => {
    const { layout, shown, before } = await planned();
    mkdirSync(join(layout.out, 'broken'));
    writeFileSync(join(layout.out, 'broken', 'run.json'), '{');
    await assert.rejects(removePlanned(layout, shown), /Nothing is removed/);
    assert.deepEqual(stored(layout), before);
  });
});

describe('nothing is removed', () => {
  const cases: readonly (readonly [what: string, harm: (layout: Layout) => void, sentence: RegExp])[] = [
    [
      'while a record is damaged',
      ({ out }) => damageFile(join(out, 'kept', 'run.json'), 'bit-flipped', uniform(3, 'gc')),
      /what is needed cannot be said: .*kept\/run\.json cannot be read \(.*\): `verify kept` says what to do/,
    ],
    [
      'while a request is no JSON',
      ({ out }) => writeFileSync(join(out, 'kept', 'request.json'), 'x'),
      /kept\/request\.json cannot be read/,
    ],
    [
      'while a run has neither',
      ({ out }) => ['run.json', 'request.json'].forEach((name) => rmSync(join(out, 'kept', name))),
      /kept has files of a run, but neither run\.json nor request\.json/,
    ],
    [
      'while a run lies behind a link',
      ({ out }) => {
        renameSync(join(out, 'kept'), join(folder, `moved-${folders}`));
        symlinkSync(join(folder, `moved-${folders}`), join(out, 'kept'));
      },
      /kept is a link/,
    ],
    [
      'while a remembered output is damaged',
      ({ actions }) => damageFile(join(actions, readdirSync(actions)[0]!), 'truncated', uniform(1, 'gc')),
      /\.store\/actions\/[0-9a-f]{64}\.json is damaged/,
    ],
  ];
  for (const [what, harm, sentence] of cases) {
    test(what, async () => {
      const layout = emptyLayout();
      await recordRunIn(layout, 'kept');
      await recordRunIn(layout, 'gone', other);
      removeRun(layout, 'gone');
      harm(layout);
      const before = stored(layout);
      const { code, stdout, stderr } = await run(['gc', '--yes', '--older-than', '1s', '--out', layout.out]);
      assert.equal(code, exitCodes.failed);
      assert.match(stderr, sentence);
      assert.equal(stdout, '');
      assert.deepEqual(stored(layout), before);
    });
  }
});

test('the command shows by kind, removes only after a yes, and then what it has shown', async () => {
  const layout = emptyLayout();
  await recordRunIn(layout, 'kept');
  const before = stored(layout);
  await recordRunIn(layout, 'gone', other);
  removeRun(layout, 'gone');
  const all = stored(layout);
  for (const file of all) utimesSync(join(layout.out, file), new Date(0), new Date(0));
  const gc = (...args: string[]) => start(['gc', '--out', layout.out, ...args], { NO_COLOR: '1' }).ended;
  const listed = await gc();
  assert.equal(listed.code, 0, listed.stderr);
  assert.match(
    listed.stdout,
    /^needed by no run +files +bytes +oldest +newest\nartifact +\d+ +[\d,]+ +19(70|69)-\S+ \S+ +19(70|69)-.*\nremembered output +\d+ [^]*\ntotal +\d+ +[\d,]+\nNothing was removed; `--yes` removes it\.\n$/,
  );
  assert.deepEqual(stored(layout), all);
  const json = JSON.parse((await gc('--json')).stdout) as PlanSummary & { removed: null };
  assert.deepEqual(
    [json.removed, json.runs, json.kinds.map(({ kind }) => kind)],
    [null, 1, ['artifact', 'remembered output']],
  );
  assert.deepEqual(stored(layout), all);
  const done = JSON.parse((await gc('--yes', '--json')).stdout) as PlanSummary & Removal;
  assert.deepEqual([files(done.removed), done.left], [files(json.files), []]);
  assert.deepEqual(stored(layout), before);
  assert.match(
    (await gc('--yes')).stdout,
    /^Nothing to remove: all that is old enough is needed by the one run here\.\n$/,
  );
  await assertWhole(layout, 'kept');
});

test(
  'a terminal is asked, and only a yes removes',
  { skip: which('script') === null && 'no program here that makes a terminal' },
  async () => {
    const layout = emptyLayout();
    await recordRunIn(layout, 'gone');
    removeRun(layout, 'gone');
    const before = stored(layout);
    for (const file of before) utimesSync(join(layout.out, file), new Date(0), new Date(0));
    const answer = async (word: string): Promise<string> => {
      const command = [
        process.execPath,
        '--import',
        'tsx',
        'infra/cli/main.ts',
        'gc',
        '--out',
        layout.out,
      ].join(' ');
      const terminal = spawn('script', ['-qec', command, '/dev/null'], {
        stdio: ['pipe', 'pipe', 'inherit'],
      });
      let [said, answered] = ['', false];
      terminal.stdout.on('data', (chunk: Buffer) => {
        said += chunk.toString();
        if (answered || !said.includes('[y/N]')) return;
        answered = true;
        terminal.stdin.write(`${word}\n`);
      });
      await once(terminal, 'close');
      return said;
    };
    assert.match(await answer('no'), /Remove it\? \[y\/N\][^]*Nothing was removed/);
    assert.deepEqual(stored(layout), before);
    assert.match(await answer('y'), new RegExp(`Removed ${before.length} files`));
    assert.deepEqual(stored(layout), []);
  },
);
