/** The package as npm packs it, installed in an empty project: its command, its library and its types. */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { inCheckout } from '../../infra/setup/checkout.mjs';
import { temporaryFolder } from '../support/folders.ts';
import { noTemporal } from '../support/temporal.ts';

const run = promisify(execFile);
const folder = temporaryFolder('package');
const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
const tsc = inCheckout('node_modules', 'typescript', 'bin', 'tsc');
/** As a user of another project has it: nothing says that npm started us. */
const env = { ...process.env, npm_lifecycle_event: '', npm_package_name: '' };
const here = { cwd: folder, env, maxBuffer: 2 ** 26 };

/** Follows a run of its own; `ended` alone where it is told to be brief. */
const program = `
import { Counterflow, CounterflowError } from 'counterflow';
const counterflow = await Counterflow.connect();
const wrong = await counterflow.start('eight-gaussian').catch((error) => error);
console.log(JSON.stringify({ isOurs: wrong instanceof CounterflowError, kind: wrong.kind, remedy: wrong.remedy }));
const set = [
  'contrast.updates=60', 'contrast.segments=10', 'contrast.logEvery=10', 'contrast.probeEvery=20', 'baselines.flowMle=null',
  'baselines.nceStandard=null', 'baselines.nceMatched=null', 'dataset.trainCount=2000', 'dataset.testCount=500', 'evaluation.gridSize=16',
];
const run = await counterflow.start('eight-gaussians', { id: 'mine', set });
console.log(JSON.stringify({ beginning: run.beginning }));
for await (const event of run.follow()) console.log(JSON.stringify(event));
const { results } = await run.result();
const { holds } = await run.verify();
const { steps } = await run.explain();
console.log(JSON.stringify({ mse: results.mse, holds, steps: steps.length, runs: (await counterflow.runs()).map(({ id }) => id) }));
await counterflow.close();
`;

const usage = `
import { Counterflow, type RunEvent } from 'counterflow';
import { denseEbm, toOnnx, train, vectorGlow, type Trained } from 'counterflow/models';
const counterflow: Counterflow = await Counterflow.connect({ runs: 'runs' });
const run = await counterflow.start('spiral', { seed: 2 });
for await (const event of run.follow()) {
  const seen: RunEvent = event;
  if (seen.event === 'ended') console.log(seen.status, seen.failure?.sentence);
}
const steps = train({
  flow: vectorGlow(), ebm: denseEbm(), data: new Float32Array(8), shape: [2],
  training: { method: 'mle', updates: 3, batchSize: 4, flow: { learningRate: 1e-3 } },
});
let step = steps.next();
while (!step.done) step = steps.next();
const trained: Trained = step.value;
console.log(Object.keys(toOnnx(trained)));
`;

describe('the package', { skip: noTemporal, concurrency: false, timeout: 900_000 }, () => {
  before(async () => {
    await run(process.execPath, [tsc, '-p', 'tsconfig.types.json'], { cwd: inCheckout() });
    await run('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], { cwd: inCheckout() });
    const [tarball] = readdirSync(folder).filter((name) => name.endsWith('.tgz'));
    write('package.json', JSON.stringify({ name: 'another', private: true, type: 'module' }));
    const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'];
    await run('npm', ['install', ...quiet, `./${tarball!}`], here);
    write('program.mjs', program);
    write('usage.ts', usage);
  });

  test('has a command that sets up what it needs, and keeps its runs in the folder it is called in', async () => {
    const { stdout } = await run('npx', ['--no', 'counterflow', 'list'], here);
    assert.match(stdout, new RegExp(`No runs in ${folder}/runs yet\\. \`counterflow run eight-gaussians\``));
  });

  test('has types, which refuse what is none', async () => {
    const options = {
      module: 'NodeNext',
      target: 'ES2023',
      strict: true,
      noEmit: true,
      skipLibCheck: true,
      types: [],
    };
    write('tsconfig.json', JSON.stringify({ compilerOptions: options, files: ['usage.ts'] }));
    const check = (): Promise<string> =>
      run(process.execPath, [tsc, '-p', '.'], here).then(
        ({ stdout }) => stdout,
        ({ stdout }: { stdout: string }) => stdout,
      );
    assert.equal(await check(), '');
    write('usage.ts', usage.replace('seed: 2', "seed: 'two'"));
    assert.match(
      await check(),
      /usage\.ts\(5,\d+\): error TS2322: Type 'string' is not assignable to type 'number'/,
    );
  });

  test('has a library: a program that is killed is run again, and follows the same run to its end', async () => {
    const killed = spawn(process.execPath, ['program.mjs'], {
      ...here,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let said = '';
    for await (const chunk of killed.stdout) {
      said += String(chunk);
      if (/"event":"progress".*"name":"contrast"/.test(said)) break;
    }
    killed.kill('SIGKILL');
    await once(killed, 'exit');
    assert.match(said, /\{"isOurs":true,"kind":"badInput","remedy":"did you mean eight-gaussians\?"\}/);
    assert.match(said, /\{"beginning":"begun"\}/);
    const { stdout } = await run(process.execPath, ['program.mjs'], here);
    assert.match(stdout, /\{"beginning":"joined"\}/);
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const events = lines.flatMap(({ event }) => (event === undefined ? [] : [event]));
    assert.equal(events[0], 'begun');
    assert.equal(events.filter((event) => event === 'ended').length, 1);
    const { mse, holds, steps, runs } = lines.at(-1)!;
    assert.deepEqual(Object.keys(mse as object).sort(), ['ebmFce', 'flowFce']);
    assert.deepEqual([holds, runs], [true, ['mine']]);
    assert.ok(Number(steps) > 10);
  });
});
