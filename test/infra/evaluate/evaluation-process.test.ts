import assert from 'node:assert/strict';
import { fork, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { prepareToy } from '../../../activities/datasets/prepare.ts';
import { evaluationSchema } from '../../../activities/config/experiment-sections.ts';
import type { ReplyMessage, RunMessage } from '../../../infra/compute/protocol.ts';
import { typescriptArguments } from '../../../infra/base/typescript-arguments.ts';
import { gaussianModel } from './small-models.ts';

const folder = mkdtempSync(join(tmpdir(), 'evaluation-process-'));
after(() => rmSync(folder, { recursive: true }));

const lock = new URL('../../../infra/compute/evaluate/forbid-tensorflow.ts', import.meta.url).href;
const entry = new URL('../../../infra/compute/evaluation-process.ts', import.meta.url);

const tfjs = import.meta.resolve('@tensorflow/tfjs-core');
const tries: Record<string, string> = {
  'an import by name': `import('@tensorflow/tfjs-core')`,
  'an import by place': `import(${JSON.stringify(tfjs)})`,
  'an import of a file that imports it': `import(${JSON.stringify(new URL('../../../models/core/tensors.ts', import.meta.url).href)})`,
  'a require by name': `require('@tensorflow/tfjs-core')`,
  'a require by place': `require(${JSON.stringify(fileURLToPath(tfjs))})`,
  'the native binding':
    'process.dlopen({ exports: {} }, '
    + `${JSON.stringify(resolve('node_modules/@tensorflow/tfjs-node-gpu/lib/napi-v8/tfjs_binding.node'))})`,
};
const allowed = {
  'another package': `require('zod')`,
  'a file of ours': `import(${JSON.stringify(new URL('../../../models/core/random.ts', import.meta.url).href)})`,
};

/** What came of each statement in a process in which TensorFlow is locked out: an error's message, or
 *  `loaded`. */
function underLock(statements: Record<string, string>): Record<string, string> {
  const attempts = Object.entries(statements).map(
    ([what, statement]) => `
    try { await ${statement}; came[${JSON.stringify(what)}] = 'loaded'; } catch (error) { came[${JSON.stringify(what)}] = error.message; }`,
  );
  // in the package, so that names resolve
  const path = resolve('test/infra/evaluate', `under-lock-${process.pid}.mjs`);
  writeFileSync(
    path,
    `
    import { createRequire } from 'node:module';
    const { forbidTensorflow } = await import(${JSON.stringify(lock)});
    forbidTensorflow();
    const require = createRequire(import.meta.url);
    const came = {};
    ${attempts.join('')}
    console.log(JSON.stringify(came));`,
  );
  const { stdout, stderr } = spawnSync(process.execPath, [...typescriptArguments(), path], {
    encoding: 'utf8',
  });
  rmSync(path);
  assert.ok(stdout.startsWith('{'), stdout + stderr);
  return JSON.parse(stdout) as Record<string, string>;
}

describe('in the evaluation process', () => {
  const came = underLock({ ...tries, ...allowed });
  for (const what of Object.keys(tries)) {
    test(`${what} cannot load TensorFlow`, () =>
      assert.match(came[what]!, /may not load TensorFlow: .*@tensorflow/));
  }
  for (const what of Object.keys(allowed)) test(`${what} loads`, () => assert.equal(came[what], 'loaded'));
});

test('the process evaluates a job and answers over its channel', async () => {
  const prepared = await prepareToy(
    { kind: 'toy', density: 'eight-gaussians', trainCount: 10, testCount: 100 },
    1,
    folder,
    { signal: new AbortController().signal, onProgress: () => {} },
  );
  const job = {
    density: 'eight-gaussians',
    test: prepared.test,
    seed: 1,
    evaluation: evaluationSchema.parse({ gridSize: 32 }),
    models: { flowMle: await gaussianModel(folder, 'unit', {}) },
    samplers: {},
  };
  const child = fork(entry, [], { execArgv: typescriptArguments(), serialization: 'advanced', silent: true });
  const message: RunMessage = {
    type: 'run',
    id: 1,
    name: 'evaluate-density',
    job,
    scratch: folder,
    threads: 1,
  };
  const phases = new Set<string>();
  const answer = await new Promise<ReplyMessage>((settle, reject) => {
    child.on('message', (reply: ReplyMessage) =>
      reply.type === 'progress' ? phases.add(reply.progress.phase) : settle(reply),
    );
    child.once('exit', (code) => reject(new Error(`ended with ${code} before it answered`)));
    child.send(message);
  });
  child.kill('SIGKILL');
  assert.equal(answer.type, 'result', JSON.stringify(answer));
  assert.ok(
    answer.type === 'result'
      && typeof (answer.result as { results: Record<string, number> }).results['mse.flowMle'] === 'number',
  );
  assert.deepEqual([...phases], ['density', 'samples']);
});
