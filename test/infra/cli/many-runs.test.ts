/** Hundreds of runs: what the commands of a day's work take then. The figures are printed; only what no
 *  machine is slow enough for is held. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { RunRecord } from '../../../activities/record/run-record.ts';
import { layoutOf } from '../../../infra/store/layout.ts';
import { typescriptArguments } from '../../../infra/base/typescript-arguments.ts';
import { temporaryFolder } from '../../support/folders.ts';
import { recordRunIn } from '../../support/recorded-run.ts';

const main = fileURLToPath(new URL('../../../infra/cli/main.ts', import.meta.url));
const runs = 500;
/** A machine with nothing else to do takes half a second. */
const withinMs = 15_000;
/** As large as the record of a run with four trainings. */
const recordBytes = 34_000;
const out = temporaryFolder('many-runs');
const idOf = (number: number): string => `eight-gaussians-s${number}-20261101-090000-aaaa`;

before(async () => {
  const one = temporaryFolder('one-run');
  await recordRunIn(layoutOf(one), idOf(0));
  const record = JSON.parse(readFileSync(join(one, idOf(0), 'run.json'), 'utf8')) as RunRecord;
  const lines = readFileSync(join(one, idOf(0), 'metrics.jsonl'), 'utf8');
  for (let number = 0; number < runs; number += 1) {
    mkdirSync(join(out, idOf(number)));
    writeFileSync(join(out, idOf(number), 'run.json'), textOf(record, number));
    writeFileSync(join(out, idOf(number), 'metrics.jsonl'), lines.repeat(20));
  }
});

function textOf(record: RunRecord, number: number): string {
  const config = {
    ...record.config,
    seed: number,
    contrast: { ...record.config.contrast, lambda: number / runs },
  };
  const own = {
    ...record,
    id: idOf(number),
    seed: number,
    config,
    startedAt: new Date(Date.UTC(2026, 10, 1) + number * 60_000).toISOString(),
  };
  const steps = Math.ceil(
    (recordBytes - JSON.stringify(own, null, 2).length) / JSON.stringify(own.steps.at(-1), null, 2).length,
  );
  return JSON.stringify(
    { ...own, steps: [...own.steps, ...Array.from({ length: steps }, () => own.steps.at(-1))] },
    null,
    2,
  );
}

async function counterflow(t: TestContext, ...args: string[]): Promise<string> {
  const startedAt = performance.now();
  const stdout = await new Promise<string>((resolve, reject) => {
    execFile(
      process.execPath,
      [...typescriptArguments(), main, ...args, '--out', out],
      { maxBuffer: 64 << 20 },
      (error, text, stderr) => (error ? reject(new Error(stderr)) : resolve(text)),
    );
  });
  const ms = performance.now() - startedAt;
  t.diagnostic(`counterflow ${args[0]}: ${(ms / 1000).toFixed(2)} s with ${runs} runs`);
  assert(ms < withinMs, `${ms} ms`);
  return stdout;
}

describe(`with ${runs} runs`, () => {
  test('list lists them all, newest first', async (t) => {
    const lines = (await counterflow(t, 'list')).trim().split('\n');
    assert.equal(lines.length, runs + 1);
    assert.match(lines[1]!, new RegExp(`^${idOf(runs - 1)}`));
  });

  test('show finds one by its beginning, and the latest', async (t) => {
    assert.match(
      await counterflow(t, 'show', 'eight-gaussians-s250'),
      new RegExp(`^${idOf(250)} {2}completed`),
    );
    assert.match(await counterflow(t, 'show', 'latest'), new RegExp(`^${idOf(runs - 1)} {2}completed`));
  });

  test('compare holds three of them against one another, or all of them', async (t) => {
    assert.match(
      await counterflow(t, 'compare', idOf(7), idOf(8), 'latest'),
      /contrast\.lambda +0\.014 +0\.016 +0\.998\n/,
    );
    const { configuration } = JSON.parse(
      await counterflow(t, 'compare', ...Array.from({ length: runs }, (_, number) => idOf(number)), '--json'),
    ) as { configuration: { name: string; values: object }[] };
    assert.deepEqual(
      configuration.map(({ name, values }) => [name, Object.keys(values).length]),
      [
        ['seed', runs],
        ['contrast.lambda', runs],
      ],
    );
  });
});
