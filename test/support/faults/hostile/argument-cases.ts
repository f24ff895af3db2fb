/** Arguments of the command line: names of runs, settings, folders. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { HostileCase, Place } from './hostile-case.ts';

/** A folder with a run, and another run outside. */
function writeRuns({ root, outside }: Place, record: object = {}): string {
  const out = join(root, 'runs');
  const whole = {
    id: 'spiral-s1',
    experiment: 'spiral',
    status: 'completed',
    seed: 1,
    startedAt: '2026-01-01T00:00:00.000Z',
  };
  mkdirSync(join(out, 'spiral-s1'), { recursive: true });
  writeFileSync(join(out, 'spiral-s1', 'run.json'), JSON.stringify({ ...whole, ...record }));
  mkdirSync(join(outside, 'run'));
  writeFileSync(join(outside, 'run', 'run.json'), JSON.stringify({ ...whole, id: 'canary-7f3a' }));
  writeFileSync(
    join(outside, 'run', 'request.json'),
    JSON.stringify({ request: { runId: 'canary-7f3a', config: {} } }),
  );
  return out;
}

const withName = (command: string, run: string | ((place: Place) => string)): HostileCase => ({
  name: `${command} ${typeof run === 'string' ? JSON.stringify(run) : 'of an absolute name'}`,
  make: (place) => ({
    entry: 'command line',
    args: [command, typeof run === 'string' ? run : run(place), '--out', writeRuns(place)],
  }),
});
const withRuns = (
  name: string,
  record: object,
  change: (out: string, place: Place) => void,
  args: readonly string[],
  end?: HostileCase['end'],
): HostileCase => ({
  name,
  ...(end && { end }),
  make(place) {
    const out = writeRuns(place, record);
    change(out, place);
    return { entry: 'command line', args: [...args, '--out', out] };
  },
});
const withSettings = (...settings: readonly string[]): HostileCase => ({
  name: `--set ${settings.join(' ').slice(0, 80)}`,
  make: ({ root }) => ({
    entry: 'command line',
    args: [
      'run',
      'eight-gaussians',
      '--out',
      join(root, 'runs'),
      ...settings.flatMap((setting) => ['--set', setting]),
    ],
  }),
});
const withRun = (name: string, args: (place: Place) => readonly string[]): HostileCase => ({
  name,
  make: (place) => ({
    entry: 'command line',
    args: ['run', ...args(place), '--out', join(place.root, 'runs')],
  }),
});

export const argumentCases: readonly HostileCase[] = [
  ...['show', 'resume', 'cancel'].flatMap((command) => [
    withName(command, '../../outside/run'),
    withName(command, '..'),
    withName(command, ({ outside }) => join(outside, 'run')),
    withName(command, 'spiral-s1/../../../outside/run'),
  ]),
  withName('show', '__proto__'),
  withName('show', 'a\nb\u202e'),
  withName('resume', 'x'.repeat(100_000)),
  withName('cancel', '.store'),
  withRuns(
    'a record that calls itself a run elsewhere',
    { id: '../../outside/run' },
    () => undefined,
    ['show', 'latest'],
    'harmless',
  ),
  withRuns(
    'a record linked from elsewhere',
    {},
    (out, { outside }) => {
      mkdirSync(join(out, 'x'));
      symlinkSync(join(outside, 'secret'), join(out, 'x', 'run.json'));
    },
    ['show', 'x'],
  ),
  withRuns(
    'a run linked from elsewhere',
    {},
    (out, { outside }) => symlinkSync(join(outside, 'run'), join(out, 'zzz')),
    ['show', 'zzz'],
  ),
  withRuns(
    'a request for a run elsewhere',
    { status: 'running' },
    (out) =>
      writeFileSync(
        join(out, 'spiral-s1', 'request.json'),
        JSON.stringify({ request: { runId: '../../outside/run', config: {} }, address: null }),
      ),
    ['resume', 'latest'],
  ),
  withRuns('a record that is a list', {}, (out) => writeFileSync(join(out, 'spiral-s1', 'run.json'), '[1]'), [
    'show',
    'latest',
  ]),
  withRuns(
    'a record a million lists deep',
    {},
    (out) => writeFileSync(join(out, 'spiral-s1', 'run.json'), '['.repeat(1_000_000)),
    ['show', 'latest'],
  ),
  withRuns(
    'verifying files elsewhere',
    {
      artifacts: [{ name: '../../outside/secret', sha256: '../../../outside/secret', bytes: 1 }],
      steps: [{ name: 'prepare', key: '../../../outside/secret' }],
    },
    () => undefined,
    ['verify', 'latest'],
    'harmless',
  ),
  withRuns(
    'verifying a folder linked from elsewhere',
    { artifacts: [{ name: 'onnx/run.json', sha256: '0'.repeat(64), bytes: 1 }] },
    (out, { outside }) => symlinkSync(join(outside, 'run'), join(out, 'spiral-s1', 'onnx')),
    ['verify', 'spiral-s1'],
    'harmless',
  ),
  withRuns(
    'verifying a record of other forms',
    { artifacts: { name: 1 }, steps: [null], trainings: 'none' },
    () => undefined,
    ['verify', 'spiral-s1'],
    'harmless',
  ),
  withRuns(
    'garbage beside a run linked from elsewhere',
    {},
    (out, { outside }) => symlinkSync(join(outside, 'run'), join(out, 'zzz')),
    ['gc', '--yes', '--older-than', '1s'],
  ),
  withRuns(
    'garbage beside a record linked from elsewhere',
    {},
    (out, { outside }) => {
      mkdirSync(join(out, 'x'));
      symlinkSync(join(outside, 'secret'), join(out, 'x', 'run.json'));
    },
    ['gc', '--yes', '--older-than', '1s'],
  ),
  withSettings('__proto__.polluted=1'),
  withSettings('constructor.prototype.polluted=1'),
  withSettings('dataset.__proto__.polluted=1'),
  withSettings('contrast={"__proto__":{"polluted":1}}'),
  withSettings('models.flow.__proto__={"kind":"vector"}'),
  withSettings('dataset={"kind":"__proto__"}'),
  withSettings('dataset={"kind":"constructor"}'),
  withSettings('dataset.density=../../outside/secret'),
  withSettings('dataset={"kind":"toy","density":"\\u0000/etc/passwd"}'),
  withSettings('toString=1'),
  withSettings('hasOwnProperty=1'),
  withSettings(`contrast=${'['.repeat(50_000)}${']'.repeat(50_000)}`),
  withSettings(`${'a.'.repeat(30_000)}a=1`),
  withSettings('seed=1e309'),
  withRun("an experiment of objects' own", () => ['__proto__']),
  withRun('an experiment elsewhere', () => ['../../outside/secret']),
  withRun('data in a file', ({ outside }) => ['cifar10-quick', '--data-dir', join(outside, 'secret')]),
  withRun('a device as a network', ({ root }) => [
    'cifar10-quick',
    '--data-dir',
    root,
    '--features',
    '/dev/zero',
  ]),
  withRun('a file elsewhere as a name of the data', ({ root }) => [
    'svhn-quick',
    '--data-dir',
    root,
    '--set',
    'dataset.allowPartial=true',
    '--set',
    'dataset.trainFile=../outside/secret',
  ]),
];
