/** No room where the work writes: in its store, its scratch folder, the run's folder, the server's database,
 *  or everywhere at once. */
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { failures } from '../../activities/contracts/failures.ts';
import { inCheckout } from '../../infra/setup/checkout.mjs';
import { which } from '../../infra/setup/command.mjs';
import { typescriptArguments } from '../../infra/base/typescript-arguments.ts';
import { assertSameRun, endedRun, type EndedRun } from '../support/faults/ended-run.ts';
import { faultRow, type Outcome, type Trial } from '../support/faults/fault-row.ts';
import type { DiskPlan, DiskReport } from '../support/faults/small-disk.ts';
import { Workshops } from '../support/faults/workshops.ts';
import { noTemporal } from '../support/temporal.ts';

const canMount =
  which('unshare') !== null
  && spawnSync('unshare', ['-rm', 'mount', '-t', 'tmpfs', 'tmpfs', '/tmp']).status === 0;
const canLimit = which('prlimit') !== null;
const neither =
  canMount || canLimit
    ? false
    : 'neither a small disk (unshare, mount) nor a limit on file sizes (prlimit) can be had here';

/** Folders on the small disk, relative to `--out`; null: no disk, but a limit on the size of files. */
const places: readonly (string | null)[] = canMount
  ? [
      '.store',
      '.',
      '.store/scratch',
      'full',
      '.store/objects',
      '.temporal',
      '.logs',
      ...(canLimit ? [null] : []),
    ]
  : [null];
/** Of the 83 appearances of an undisturbed run; all that comes after them is written too. */
const lastAppearance = 60;
/** One in so many has less patience than the disk is full. */
const givesUpEvery = 5;
const recoveryWithinS = 60;

interface Shared {
  readonly undisturbed: EndedRun;
}
const workshops = new Workshops();

faultRow<Shared>(import.meta.url, {
  fault:
    "Disk full at a random moment: the store, the scratch folder, the run's folder, the server's "
    + 'database, the logs, everything (a small tmpfs), or files limited in size',
  mustHold:
    'what was remembered is whole; path and bytes needed are said; the run goes on by itself once '
    + 'there is room, or ends with that error and is resumed; then the same weights and metrics as an '
    + 'undisturbed run',
  trials: { short: 1, long: 40 },
  skip: noTemporal || neither,
  atOnce: 2,
  prepare: (folder) =>
    workshops.use(folder, async (workshop) => {
      await workshop.run('undisturbed');
      return { undisturbed: endedRun(workshop.layout.out, 'undisturbed') };
    }),
  trial: fillDisk,
});

async function fillDisk({ number, random, folder, shared }: Trial<Shared>): Promise<Outcome> {
  const place = places[number % places.length]!;
  const says = place !== '.logs';
  // a server without room records no end of a run
  const givesUp =
    number % givesUpEvery === givesUpEvery - 1 && says && place !== '.' && place !== '.temporal';
  const plan: DiskPlan = {
    out: join(folder, 'out'),
    id: 'full',
    place,
    says,
    givesUp,
    appearance: 1 + Math.floor(random() * lastAppearance),
    afterMs: random() * 300,
    fullForMs: givesUp ? 60_000 : 2000 + random() * 4000,
  };
  const report = await runOn(plan);
  assert.deepEqual(report.damaged, [], 'an output that was remembered is not whole');
  if (says) assertSaid(plan, report.said);
  if (givesUp) assertGaveUp(plan, report.failure);
  assertSameRun(report.run, shared.undisturbed);
  assert.ok(report.recoveryS <= recoveryWithinS, `nothing went on for ${report.recoveryS.toFixed(1)} s`);
  const waits = report.run.record.decisions.filter(({ what }) => what === 'waited').length;
  return {
    recoveryS: report.recoveryS,
    counts: {
      [place === null ? 'files limited' : `${place} full`]: 1,
      'gave up and resumed': Number(givesUp),
      'waits in records': waits,
      'seen by a second command line': Number(report.seen.length > 0),
    },
  };
}

async function runOn(plan: DiskPlan): Promise<DiskReport> {
  const node = [
    process.execPath,
    ...typescriptArguments(),
    inCheckout('test/support/faults/small-disk.ts'),
    JSON.stringify(plan),
  ];
  const [command, ...args] = plan.place === null ? node : ['unshare', '-rm', ...node];
  const { stdout } = await promisify(execFile)(command!, args, { maxBuffer: 64 << 20 });
  return JSON.parse(stdout) as DiskReport;
}

/** Loudly, once, and with what is needed. */
function assertSaid({ out, place }: DiskPlan, all: readonly string[]): void {
  // nobody attends the run here, so that its worker says that it works on it
  const said = all.filter((line) => !line.startsWith('The worker also goes on'));
  const [first, ...rest] = said;
  const [, path, bytes] =
    /^No room on the disk: (?:the Temporal server's )?(\S+) takes ([\d,]+) bytes/.exec(first ?? '') ?? [];
  assert.ok(
    path?.startsWith(join(out, place ?? '')) && Number(bytes!.replaceAll(',', '')) > 0,
    `it should be said where there is no room, and for how much: ${said.join(' | ')}`,
  );
  assert.ok(rest.length < 12, `it is said again and again: ${said.join(' | ')}`);
}

function assertGaveUp({ out }: DiskPlan, failure: DiskReport['failure']): void {
  assert.equal(failure?.type, failures.storageFull);
  assert.match(
    failure!.message,
    /^Cannot write \S+, which takes [\d,]+ bytes.* There has been no room for \d+ s\.$/,
  );
  assert.ok(failure!.message.includes(out), failure!.message);
}
