/** Experiments of a user's own: files that are read, refused, and asked for by the command line. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { differences } from '../../../../activities/config/same-request.ts';
import { exitCodes } from '../../../../infra/base/exit-codes.ts';
import { isExperimentFile, readExperimentFile } from '../../../../infra/client/runs/experiment-file.ts';
import { requestOf } from '../../../../infra/client/runs/run-request.ts';
import { whatRuns } from '../../../../infra/client/schedules/what-runs.ts';
import { resolveSweep } from '../../../../infra/client/sweeps/resolve-sweep.ts';
import { trialRequest } from '../../../../activities/sweep/trial-request.ts';
import { runDueAt } from '../../../../workflows/schedule/scheduled-run.ts';
import { run } from '../../../support/command-line.ts';
import { temporaryFolder } from '../../../support/folders.ts';

const folder = temporaryFolder('experiment-file');
const own = {
  name: 'mine',
  title: 'Mine',
  config: {
    dataset: { kind: 'toy', density: 'spiral' },
    models: {
      flow: { kind: 'vector', couplings: 2, width: 8, scale: { kind: 'tanh', bound: 1.5 } },
      ebm: { kind: 'dense', width: 8, hiddenLayers: 1, leakySlope: 0.2 },
    },
    contrast: {
      method: 'fce',
      updates: 20,
      segments: 10,
      batchSize: 50,
      ebm: { learningRate: 1e-3 },
      flow: { learningRate: 1e-3 },
      turn: { kind: 'ratio', ebm: 5, flow: 1 },
    },
  },
};
const texts: Readonly<Record<string, (content: object) => string>> = {
  ts: (content) => `const stated: object = ${JSON.stringify(content)};\nexport default stated;\n`,
  mts: (content) => `export default ${JSON.stringify(content)} as object;\n`,
  js: (content) => `export default ${JSON.stringify(content)};\n`,
  mjs: (content) => `export default ${JSON.stringify(content)};\n`,
  yaml: (content) => stringify(content),
  yml: (content) => stringify(content),
  json: (content) => JSON.stringify(content, null, 2),
};
let files = 0;
function fileOf(content: object | string | Uint8Array, ending = 'yaml'): string {
  const path = join(folder, `mine-${(files += 1)}.${ending}`);
  const isText = typeof content === 'string' || content instanceof Uint8Array;
  writeFileSync(path, isText ? content : texts[ending]!(content));
  return path;
}
const hashOf = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');
const changed = (changes: object, of: object = own): object => ({ ...of, ...changes });
const withContrast = (changes: object): object =>
  changed({ config: { ...own.config, contrast: { ...own.config.contrast, ...changes } } });
const refusal = async (work: Promise<unknown>): Promise<string> => {
  const error = (await work.then(
    () => assert.fail('accepted'),
    (reason: unknown) => reason,
  )) as { exitCode?: number; message: string };
  assert.equal(error.exitCode, exitCodes.badInput, error.message);
  assert.doesNotMatch(error.message, /\n/);
  return error.message;
};

describe('a file with an experiment', () => {
  test('is what has a slash, or such an ending', () => {
    const paths = [
      './mine',
      'a/b',
      'mine.ts',
      'mine.mts',
      'mine.js',
      'mine.mjs',
      'm.yaml',
      'm.yml',
      'm.json',
    ];
    assert.deepEqual(paths.filter(isExperimentFile), paths);
    assert.deepEqual(['eight-gaussians', 'mine', 'mine.txt', 'ts'].filter(isExperimentFile), []);
  });

  for (const ending of Object.keys(texts))
    test(`is read from .${ending}, with its text and the hash of its bytes`, async () => {
      const path = fileOf(own, ending);
      const { experiment, file } = await readExperimentFile(path);
      assert.deepEqual([experiment.name, experiment.title], ['mine', 'Mine']);
      assert.equal(experiment.config.contrast.updates, 20);
      assert.deepEqual(file, { path, sha256: hashOf(path), text: readFileSync(path, 'utf8') });
    });

  test('that was changed is read anew by the same process', async () => {
    const path = fileOf(own, 'ts');
    assert.equal((await readExperimentFile(path)).experiment.title, 'Mine');
    writeFileSync(path, texts['ts']!(changed({ title: 'Other' })));
    assert.equal((await readExperimentFile(path)).experiment.title, 'Other');
  });

  test('keeps a byte order mark and every letter in its text', async () => {
    const path = fileOf(`\ufeff# Größe, 日本\n${stringify(own)}`);
    const { file } = await readExperimentFile(path);
    assert.equal(createHash('sha256').update(file.text).digest('hex'), hashOf(path));
  });

  const refused: readonly (readonly [what: string, content: () => string, message: RegExp])[] = [
    [
      'is not there',
      () => join(folder, 'absent.ts'),
      /^Expected an existing file with an experiment, got ".*absent\.ts"; docs\/examples\/my-experiment\.ts/,
    ],
    ['is a folder', () => `${folder}/`, /to end in \.ts, .*, got ".*\/"; rename it\.$/],
    ['has another ending', () => fileOf('', 'txt'), /to end in \.ts, .*\.json, got ".*\.txt"; rename it\.$/],
    [
      'has a name that is too long to be written beside',
      () => join(folder, `${'m'.repeat(210)}.yaml`),
      /at most 200 bytes without control characters, got ".*"; rename it\.$/,
    ],
    ['is too long', () => fileOf(`# ${'x'.repeat(1 << 16)}`), /to have at most 65536 bytes, got 65538\.$/],
    [
      'is no UTF-8',
      () => fileOf(new Uint8Array([0x23, 0xe9, 0x0a])),
      /to be text in UTF-8.*save it as UTF-8/,
    ],
    ['is no YAML', () => fileOf('name: [', 'yaml'), /to be YAML, but it is not: /],
    [
      'is no module',
      () => fileOf('export default {', 'mjs'),
      /to be a module that can be loaded, but it is not: /,
    ],
    [
      'throws',
      () => fileOf('throw new Error("on purpose");', 'ts'),
      /to be a module that can be loaded, but it is not: on purpose$/,
    ],
    [
      'exports nothing by default',
      () => fileOf('export const mine = 1;', 'mjs'),
      /to export an experiment, as in `export default \{ \.\.\. \}`, but it has no default export\.$/,
    ],
    [
      'exports a function',
      () => fileOf('export default () => ({});', 'mjs'),
      /Expected .*\.mjs to be a section \{\.\.\.\}, got a function\.$/,
    ],
    ['is a list', () => fileOf('[1]', 'json'), /Expected .*\.json to be a section \{\.\.\.\}, got \[1\]\.$/],
    [
      'misspells a key',
      () => fileOf({ titel: 'Mine', name: 'mine', config: own.config }),
      /Expected .*\.yaml to have known keys only, got "titel"\. Did you mean title\?$/,
    ],
    [
      'misspells a setting that has a default',
      () => fileOf(withContrast({ lamda: 1 })),
      /Expected config\.contrast of .* known keys only, got "lamda"\. Did you mean lambda\?$/,
    ],
    [
      'misspells a setting that is needed',
      () => fileOf(withContrast({ ebm: { learnigRate: 1e-3 } })),
      /Expected config\.contrast\.ebm of .* known keys only, got "learnigRate"\. Did you mean learningRate\?$/,
    ],
    [
      'has a setting out of its range',
      () => fileOf(withContrast({ updates: 0 })),
      /Expected config\.contrast\.updates of .*\.yaml to be above 0, got 0\.$/,
    ],
    [
      'has a name that cannot begin the id of a run',
      () => fileOf(changed({ name: '-mine' })),
      /Expected name of .* to be letters, digits, dots.*, got "-mine"\.$/,
    ],
    [
      'has a title of two lines',
      () => fileOf(changed({ title: 'a\nb' })),
      /Expected title of .* to be 1 to 100 characters in one line, got "a\\nb"\.$/,
    ],
    [
      'has the name of an experiment that comes with Counterflow',
      () => fileOf(changed({ name: 'spiral' })),
      /name of .* to be no experiment that comes with Counterflow, got "spiral"; choose another name\.$/,
    ],
  ];
  for (const [what, path, message] of refused)
    test(`that ${what} is refused with rule, value and remedy`, async () =>
      assert.match(await refusal(readExperimentFile(path())), message));

  test('whose sections do not go together is named, and where a setting broke it that is', async () => {
    const broken = fileOf(withContrast({ microBatch: 7 }));
    assert.match(
      await refusal(requestOf(broken, {})),
      /^Expected config\.contrast\.microBatch of .*\.yaml to be a divisor of batchSize = 50, got 7; choose/,
    );
    assert.match(
      await refusal(requestOf(fileOf(own), { set: ['contrast.microBatch=7'] })),
      /^Expected --set contrast\.microBatch to be a divisor of batchSize = 50, got 7; choose/,
    );
  });
});

describe('a run of such a file', () => {
  test('is asked for by its path, with its whole configuration, the file and its hash', async () => {
    const path = fileOf(own, 'ts');
    const request = await requestOf(path, { seed: 3, set: ['contrast.updates=40'] });
    assert.match(request.runId, /^mine-s3-/);
    assert.deepEqual(
      [request.experiment, request.title, request.config.seed, request.config.contrast.updates],
      ['mine', 'Mine', 3, 40],
    );
    assert.deepEqual(request.experimentFile, {
      path,
      sha256: hashOf(path),
      text: readFileSync(path, 'utf8'),
    });
    assert.match(request.command, / run \S*mine-\d+\.ts --set contrast\.updates=40 --seed 3$/);
    assert.ok(!('experimentFile' in (await requestOf('spiral', {}))));
  });

  test('is the same request as one of another file that computes the same', async () => {
    const [one, other] = [await requestOf(fileOf(own, 'ts'), {}), await requestOf(fileOf(own, 'json'), {})];
    assert.deepEqual(differences(one, other), []);
  });

  test('wants the data that the file needs', async () => {
    assert.match(
      await refusal(requestOf(fileOf(changed({ needs: { dataDir: true } })), {})),
      /^Expected --data-dir DIR, which the experiment of .*\.yaml needs, got none; give it, or leave/,
    );
  });

  test('is what a schedule fires, with the file', async () => {
    const path = fileOf(own);
    const what = await whatRuns('nightly', path, {});
    assert.deepEqual([what.experiment, what.workflowType], ['mine', 'scheduled']);
    assert.ok(what.workflowType === 'scheduled' && what.command.includes(path));
    const fired = runDueAt(new Date(0), what.request.request, true);
    assert.equal(fired.experimentFile?.sha256, hashOf(path));
  });

  test('is what a sweep tries, from a path relative to the sweep file', async () => {
    mkdirSync(join(folder, 'sweeps'), { recursive: true });
    const path = fileOf(own);
    copyFileSync(path, join(folder, 'sweeps', 'mine.yaml'));
    const sweepFile = join(folder, 'sweeps', 'rates.yaml');
    const sweepOf = (experiment: string) => {
      writeFileSync(
        sweepFile,
        stringify({
          experiment,
          trials: 2,
          objective: { metric: 'mse.ebmFce' },
          parameters: { 'contrast.ebm.learningRate': { kind: 'logUniform', min: 1e-3, max: 1e-2 } },
        }),
      );
      return resolveSweep(sweepFile, {});
    };
    for (const experiment of ['./mine.yaml', 'mine.yaml', '../sweeps/mine.yaml']) {
      const sweep = await sweepOf(experiment);
      assert.equal(sweep.base.experimentFile?.path, join(folder, 'sweeps', 'mine.yaml'));
      const { request } = trialRequest(sweep, { trial: 0, rung: 0 }, [], '2026-01-02T03:04:05.678Z');
      assert.deepEqual(request.experimentFile, sweep.base.experimentFile);
      assert.ok(request.command.includes(join(folder, 'sweeps', 'mine.yaml')));
    }
    assert.equal((await sweepOf(path)).base.experimentFile?.path, path, 'one that is absolute stays');
  });
});

test('the command line takes it where it takes a name, and help says that a module is run', async () => {
  const path = fileOf(own, 'ts');
  const printed = await run(['config', path, '--json', '--set', 'contrast.updates=40']);
  assert.equal(printed.code, 0, printed.stderr);
  const config = JSON.parse(printed.stdout) as { contrast: { updates: number } };
  assert.equal(config.contrast.updates, 40);
  for (const command of [['run'], ['config'], ['sweep'], ['schedule', 'create']]) {
    const { stdout } = await run([...command, '--help']);
    assert.match(stdout, /A module is run as a program, with your rights; YAML and JSON are read as data\./);
  }
  const { code, stderr } = await run(['run', fileURLToPath(new URL('absent.ts', import.meta.url))]);
  assert.equal(code, exitCodes.badInput);
  assert.match(stderr, /Expected an existing file with an experiment/);
});
