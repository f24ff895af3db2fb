/** The examples of docs/examples, run as a reader would run them, but shorter. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { readRequest } from '../../infra/client/records/run-records.ts';
import { recordOf, run, type Ended } from '../support/command-line.ts';
import { temporaryFolder } from '../support/folders.ts';
import { hasPython, runPython } from '../support/python.ts';
import { noTemporal } from '../support/temporal.ts';

const example = (name: string): string =>
  fileURLToPath(new URL(`../../docs/examples/${name}`, import.meta.url));
const folder = temporaryFolder('examples');
const out = join(folder, 'runs');
const own = join(folder, 'my-experiment.ts');
const succeeded = (ended: Ended): Ended => {
  assert.equal(ended.code, 0, `${ended.stdout}\n${ended.stderr}`);
  return ended;
};
const noPython = hasPython() ? false : 'no Python: name one as COUNTERFLOW_PYTHON';

describe('the examples', { skip: noTemporal, concurrency: false, timeout: 600_000 }, () => {
  const original = readFileSync(example('my-experiment.ts'));
  // a twentieth of its updates, in two executions; before the second the file goes
  before(async () => {
    copyFileSync(example('my-experiment.ts'), own);
    succeeded(await run(['run', own, '--id', 'own', '--scale', '0.05', '--until', '50', '--out', out]));
    rmSync(own);
    succeeded(await run(['resume', 'own', '--until', 'end', '--out', out]));
  });

  test('my-experiment.ts runs to a report, and is gone on with where the file has gone', async () => {
    const record = await recordOf(out);
    assert.deepEqual(
      [record.id, record.experiment, record.title, record.status],
      ['own', 'my-spiral', 'My spiral', 'completed'],
    );
    assert.deepEqual([record.trainings.contrast?.updates, record.trainings['flow-mle']?.updates], [100, 100]);
    assert.equal((await readRequest(out, 'own'))?.request.experimentFile?.text, original.toString('utf8'));
  });

  test('its run keeps the file, and says so in record, report and terminal', async () => {
    const { experimentFile, command, files } = await recordOf(out);
    const copy = 'experiment/my-experiment.ts';
    assert.deepEqual(readFileSync(join(out, 'own', copy)), original);
    assert.deepEqual([experimentFile?.path, experimentFile?.copy], [own, copy]);
    assert.ok(files?.some(({ name, sha256 }) => name === copy && sha256 === experimentFile?.sha256));
    assert.ok(command.includes(`run ${own} `), command);
    const report = readFileSync(join(out, 'own', 'report.html'), 'utf8');
    assert.ok(report.includes(`<code>${own}</code>`) && report.includes(experimentFile!.sha256));
    assert.match(
      succeeded(await run(['show', 'own', '--out', out], { NO_COLOR: '1' })).stdout,
      /\n {2}experiment {2}\S+my-experiment\.ts, kept as experiment\/my-experiment\.ts \(SHA-256 [0-9a-f]{12}\)\n/,
    );
  });

  test('verify holds the copy against its hash, and gc leaves it', async () => {
    const copy = join(out, 'own', 'experiment', 'my-experiment.ts');
    const { stdout } = succeeded(await run(['verify', 'own', '--out', out], { NO_COLOR: '1' }));
    assert.doesNotMatch(stdout, /unlisted/);
    succeeded(await run(['gc', '--yes', '--out', out]));
    assert.ok(existsSync(copy));
  });

  test('read_results.py prints the results that the record has', { skip: noPython }, async () => {
    const { mse } = (await recordOf(out)).results as { mse: Record<string, number> };
    const rows = runPython([example('read_results.py'), join(out, 'own')])
      .trim()
      .split('\n')
      .map((line) => line.split(/ {2,}/));
    assert.deepEqual(rows[0], ['run', 'of', 'figure', 'value']);
    const shown = Number(rows.find(([, , name]) => name === 'mse.ebmFce')?.[3]);
    assert.ok(Math.abs(shown - mse['ebmFce']!) < 1e-5 * Math.abs(mse['ebmFce']!), `${shown}`);
    for (const training of ['flow-mle', 'contrast'])
      assert.ok(rows.some(([, of, name, value]) => of === training && name === 'update' && value === '100'));
  });

  test('read_results.py says what it wants where there is no run', { skip: noPython }, () => {
    const python = process.env['COUNTERFLOW_PYTHON'] ?? 'python3';
    const { status, stderr } = spawnSync(python, [example('read_results.py'), folder], { encoding: 'utf8' });
    assert.equal(status, 1);
    assert.match(
      stderr,
      /^Expected folders of runs, each with a run\.json, got .*; name them, as in runs\/RUN\./,
    );
  });
});
