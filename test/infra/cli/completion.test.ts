/** Completion in the real shells: what is typed into them, and what they make of a Tab. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { stripVTControlCharacters } from 'node:util';
import { run } from '../../support/command-line.ts';
import { temporaryFolder } from '../../support/folders.ts';

const folder = temporaryFolder('completion');
const out = join(folder, 'runs');
const scripts: Record<string, string> = {};
const shells = { bash: ['bash', '--norc', '--noprofile', '-i'], zsh: ['zsh', '-f', '-i'] } as const;
const has = (shell: string): boolean => spawnSync(shell, ['-c', 'true']).status === 0;
const withinMs = 60_000;

before(async () => {
  for (const id of ['eight-gaussians-s1-aaaa', 'spiral-s2-bbbb']) {
    mkdirSync(join(out, id), { recursive: true });
    writeFileSync(join(out, id, 'run.json'), '{}');
  }
  writeFileSync(join(folder, 'my-experiment.ts'), '');
  mkdirSync(join(out, 'rates'));
  writeFileSync(join(out, 'rates', 'sweep.json'), '{}');
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { code, stdout, stderr } = await run(['completion', shell]);
    assert.equal(code, 0, stderr);
    scripts[shell] = join(folder, `completion.${shell}`);
    writeFileSync(scripts[shell], stdout);
  }
});

test('is refused where npm would write lines of its own into the script', async () => {
  const throughNpm = { npm_lifecycle_event: 'start', npm_package_name: 'counterflow' };
  const { code, stdout, stderr } = await run(['completion', 'bash'], {
    ...throughNpm,
    npm_config_loglevel: undefined,
  });
  assert.deepEqual([code, stdout], [2, '']);
  assert.match(
    stderr,
    /^error: Expected `npm start --silent -- completion bash`, or npm's own lines come before the script\.\n$/,
  );
  assert.equal(
    (await run(['completion', 'bash'], { ...throughNpm, npm_config_loglevel: 'silent' })).stdout,
    readFileSync(scripts['bash']!, 'utf8'),
  );
  assert.match(
    (await run(['list', '--json', '--out', out], { ...throughNpm, npm_config_loglevel: undefined })).stderr,
    /^Standard output begins with lines of npm's own; `npm start --silent -- \.\.\.` leaves them out\.$/m,
  );
});

/** What is typed before a Tab -> what stands there after it; in bash and zsh a function of that name then
 *  says what it was given. */
const typed: readonly (readonly [typed: string, completed: string])[] = [
  ['counterflow verif', 'counterflow verify '],
  ['counterflow run pinw', 'counterflow run pinwheel '],
  [`counterflow run ${folder}/my-exp`, `counterflow run ${folder}/my-experiment.ts `],
  [
    'counterflow run spiral --set contrast.ebm.learningR',
    'counterflow run spiral --set contrast.ebm.learningRate=',
  ],
  ['counterflow run cifar10 --set dataset.allowP', 'counterflow run cifar10 --set dataset.allowPartial='],
  [
    'counterflow schedule create nightly mnist --set dataset.allowP',
    'counterflow schedule create nightly mnist --set dataset.allowPartial=',
  ],
  ['counterflow resume latest --set pretrain.upd', 'counterflow resume latest --set pretrain.updates='],
  [
    'counterflow run spiral --set contrast.updates=5 --see',
    'counterflow run spiral --set contrast.updates=5 --seed ',
  ],
  [`counterflow show --out ${out} spir`, `counterflow show --out ${out} spiral-s2-bbbb `],
  [
    `counterflow compare --out ${out} spiral-s2-bbbb eig`,
    `counterflow compare --out ${out} spiral-s2-bbbb eight-gaussians-s1-aaaa `,
  ],
  [`counterflow report --out ${out} r`, `counterflow report --out ${out} rates `],
  ['counterflow schedule back', 'counterflow schedule backfill '],
  [
    'counterflow schedule trigger nightly --overlap skip',
    'counterflow schedule trigger nightly --overlap skip ',
  ],
  ['counterflow completion f', 'counterflow completion fish '],
];

/** What a Tab adds nothing to. */
const unknown: readonly string[] = [
  'counterflow run spiral --set dataset.allowP',
  'counterflow run spiral --set=dataset.allowP',
];

for (const [shell, command] of Object.entries(shells)) {
  describe(`completion in ${shell}`, { skip: has(shell) ? false : `${shell} is not installed` }, () => {
    test('completes commands, experiments, configuration paths, runs, sweeps, options and their values', async () => {
      const terminal = openTerminal(command);
      try {
        await terminal.type(
          `source ${scripts[shell]}; counterflow() { printf 'AR''GS[%s]' "$*"; }; echo so''urced\n`,
          /sourced/,
        );
        for (const text of unknown)
          await terminal.type(
            `${text}\t\n`,
            new RegExp(escaped(`ARGS[${text.replace('counterflow ', '')}]`)),
          );
        for (const [text, completed] of typed)
          await terminal.type(
            `${text}\t\n`,
            new RegExp(escaped(`ARGS[${completed.replace('counterflow ', '').trimEnd()}]`)),
          );
      } finally {
        terminal.close();
      }
    });
  });
}

describe('completion in fish', { skip: has('fish') ? false : 'fish is not installed' }, () => {
  for (const [text, completed] of typed) {
    test(`of ${text.replace(out, 'OUT')}`, () => {
      const { stdout, stderr } = spawnSync(
        'fish',
        ['--no-config', '-c', `source ${scripts['fish']}; complete -C ${JSON.stringify(text)}`],
        { encoding: 'utf8' },
      );
      const words = stdout
        .trim()
        .split('\n')
        .map((line) => line.split('\t')[0]!);
      assert(
        words.includes(completed.trim().split(' ').at(-1)!),
        `${words.slice(0, 20).join(' ')} ${stderr}`,
      );
    });
  }
});

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** A shell on a terminal of its own. */
function openTerminal([program, ...args]: readonly string[]): {
  type(text: string, until: RegExp): Promise<void>;
  close(): void;
} {
  const child = spawn('python3', ['-c', 'import pty, sys; pty.spawn(sys.argv[1:])', program!, ...args], {
    env: { ...process.env, TERM: 'xterm', HOME: folder, COLUMNS: '200' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let shown = '';
  child.stdout.on('data', (chunk: Buffer) => {
    shown += chunk.toString();
  });
  return {
    async type(text, until) {
      shown = '';
      child.stdin.write(text);
      for (
        const startedAt = performance.now();
        !until.test(stripVTControlCharacters(shown));
        await sleep(20)
      ) {
        assert(
          performance.now() - startedAt < withinMs,
          `Typed ${JSON.stringify(text)}, expected ${until}, saw ${JSON.stringify(shown)}`,
        );
      }
    },
    close: () => void child.kill(),
  };
}
