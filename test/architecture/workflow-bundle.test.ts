/** What runs in Temporal's sandbox: bundled as the worker bundles it (which fails on a node builtin), then
 *  searched for what must not be in it. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { bundleWorkflowCode } from '@temporalio/worker';
import { inCheckout } from '../../infra/setup/checkout.mjs';

const quiet = { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error() {} };
const { code } = await bundleWorkflowCode({
  workflowsPath: inCheckout('workflows', 'index.ts'),
  logger: quiet,
});

/** The modules of a bundle: their sources are listed in its inline source map. */
function modulesOf(bundle: string): string[] {
  const map = /sourceMappingURL=data:application\/json;charset=utf-8;base64,(\S+)/.exec(bundle);
  assert.ok(map, 'the bundle carries a source map');
  const { sources } = JSON.parse(Buffer.from(map[1]!, 'base64').toString('utf8')) as { sources: string[] };
  return sources;
}
const modules = modulesOf(code);
const inside = (pattern: RegExp) => modules.filter((module) => pattern.test(module));

describe('the workflow bundle', () => {
  test("holds the workflows and Temporal's own code", () => {
    assert.notDeepEqual(inside(/\/workflows\/run\/reproduce\.ts/), []);
    assert.notDeepEqual(inside(/@temporalio\/workflow\//), []);
  });

  for (const name of [
    '@tensorflow/',
    'onnxruntime',
    'zod',
    'sharp',
    'protobufjs',
    'linkedom',
    '@observablehq/',
  ]) {
    test(`holds nothing of ${name}`, () => assert.deepEqual(inside(new RegExp(`node_modules/${name}`)), []));
  }

  for (const room of ['models', 'infra', 'workflows/experiments']) {
    test(`holds nothing of ${room}`, () =>
      assert.deepEqual(inside(new RegExp(`^(?!.*node_modules).*/${room}/`)), []));
  }

  test('holds of the activities only the names they share with the workflows', () => {
    assert.deepEqual(inside(/^(?!.*node_modules).*\/activities\/(?!contracts\/failures\.ts)/), []);
  });
});
