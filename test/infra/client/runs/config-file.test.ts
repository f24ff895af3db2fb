/** `--config FILE`: any part of a configuration, and what `config NAME` prints. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { parse } from 'yaml';
import { readConfigFile } from '../../../../infra/client/runs/config-file.ts';
import { exitCodes } from '../../../../infra/base/exit-codes.ts';
import { resolveConfig } from '../../../../infra/client/runs/resolve-config.ts';
import { experiments } from '../../../../workflows/experiments/index.ts';
import { run } from '../../../support/command-line.ts';
import { temporaryFolder } from '../../../support/folders.ts';

const folder = temporaryFolder('config-file');
const experiment = experiments['eight-gaussians']!;
const plain = resolveConfig(experiment, { set: [], seed: undefined });

async function resolved(text: string, ...set: string[]) {
  const path = join(folder, 'mine.yaml');
  writeFileSync(path, text);
  return resolveConfig(experiment, { file: await readConfigFile(path), set, seed: undefined });
}

describe('a configuration file', () => {
  test('changes what it names, and leaves the rest', async () => {
    const { contrast, ...others } = await resolved(
      'contrast:\n  updates: 300\n  ebm:\n    learningRate: 0.5\n',
    );
    assert.deepEqual(contrast, {
      ...plain.contrast,
      updates: 300,
      ebm: { ...plain.contrast.ebm, learningRate: 0.5 },
    });
    assert.deepEqual(
      others,
      Object.fromEntries(Object.entries(plain).filter(([name]) => name !== 'contrast')),
    );
  });

  test('is gone over by --set and --seed', async () => {
    const path = join(folder, 'mine.json');
    writeFileSync(path, JSON.stringify({ seed: 5, contrast: { updates: 300 } }));
    const file = await readConfigFile(path);
    assert.equal(
      resolveConfig(experiment, { file, set: ['contrast.updates=400'], seed: 7 }).contrast.updates,
      400,
    );
    assert.deepEqual(
      [
        resolveConfig(experiment, { file, set: [], seed: undefined }).seed,
        resolveConfig(experiment, { file, set: [], seed: 7 }).seed,
      ],
      [5, 7],
    );
  });

  test('has a section of another kind as a whole, and one that is switched off', async () => {
    const config = await resolved(
      'contrast:\n  turn: { kind: ratio, ebm: 5, flow: 1 }\npretrain: { method: mle, updates: 10, '
        + 'batchSize: 8, flow: { learningRate: 0.001 } }\nbaselines:\n  nceMatched: null\n',
    );
    assert.deepEqual(config.contrast.turn, { kind: 'ratio', ebm: 5, flow: 1 });
    assert.equal(config.pretrain?.updates, 10);
    assert.deepEqual(
      [config.baselines.nceMatched, config.baselines.flowMle],
      [null, plain.baselines.flowMle],
    );
  });

  test('may name what a section leaves out by default', async () => {
    const images = { ...experiment, config: experiments['cifar10-quick']!.config };
    const path = join(folder, 'images.yaml');
    writeFileSync(path, 'models:\n  flow:\n    splitScale: free\n');
    const {
      models: { flow },
    } = resolveConfig(images, { file: await readConfigFile(path), set: [], seed: undefined });
    assert.deepEqual(flow, {
      ...resolveConfig(images, { set: [], seed: undefined }).models.flow,
      splitScale: 'free',
    });
  });

  const refusals: [what: string, text: string, sentence: RegExp][] = [
    ['is no YAML', 'contrast: [', /^Expected .*mine\.yaml to be YAML, but it is not: /],
    [
      'is no section',
      '- 1\n- 2\n',
      /^Expected .*mine\.yaml to hold sections of a configuration, such as `contrast:`, got \[1,2\]\.$/,
    ],
    ['is empty', '', /to hold sections of a configuration/],
    [
      'names no path',
      'constrast: { updates: 1 }\n',
      /^Expected .*mine\.yaml to name a path of the configuration, got "constrast"; did you mean contrast\?$/,
    ],
    [
      'has a value that is none',
      'contrast:\n  updates: many\n',
      /^Expected contrast\.updates of .*mine\.yaml to be a .*number, got "many"\.$/,
    ],
    [
      'has a key that a section does not know',
      'contrast:\n  ebm: { learningrat: 1 }\n',
      /^Expected contrast\.ebm of .*mine\.yaml to have known keys only, got "learningrat"\. Did you mean learningRate\?$/,
    ],
    [
      'has a key that is like none',
      'contrast:\n  recovery: { sometimes: 1 }\n',
      /got "sometimes"\. It has maxRollbacks, learningRateFactor\.$/,
    ],
  ];
  for (const [what, text, sentence] of refusals) {
    test(`that ${what} is refused in a sentence`, () =>
      assert.rejects(resolved(text), (error: Error & { exitCode?: number }) => {
        assert.match(error.message, sentence);
        return error.exitCode === exitCodes.badInput;
      }));
  }

  test('that is not there is refused', () =>
    assert.rejects(
      readConfigFile(join(folder, 'none.yaml')),
      /^CounterflowError: Expected --config to name a file, got ".*none\.yaml"; `.* config NAME` prints one/,
    ));

  test('is what the command prints: the same configuration comes out of it', async () => {
    const { code, stdout } = await run([
      'config',
      'cifar10-quick',
      '--set',
      'contrast.batchSize=32',
      '--seed',
      '3',
    ]);
    assert.equal(code, 0);
    const path = join(folder, 'printed.yaml');
    writeFileSync(path, stdout);
    const printed = resolveConfig(experiments['cifar10-quick']!, {
      file: await readConfigFile(path),
      set: [],
      seed: undefined,
    });
    assert.deepEqual(
      printed,
      resolveConfig(experiments['cifar10-quick']!, { set: ['contrast.batchSize=32'], seed: 3 }),
    );
    assert.deepEqual(
      parse(stdout),
      JSON.parse((await run(['config', 'cifar10-quick', '--config', path, '--json'])).stdout),
    );
  });
});

test('a path given short is answered with the full ones', async () => {
  const { stderr } = await run(['config', 'eight-gaussians', '--set', 'batchSize=3']);
  const half = await run(['config', 'eight-gaussians', '--set', 'flow.learningRate=1e-3']);
  assert.match(
    half.stderr,
    /got "flow\.learningRate"; did you mean one of baselines\.flowMle\.flow\.learningRate, contrast\.flow\.learningRate\?/,
  );
  assert.match(
    stderr,
    /got "batchSize"; did you mean one of baselines\.flowMle\.batchSize, .*contrast\.batchSize.*\?/,
  );
});
