/** The layers between the rooms, by handing the lint rule an import that breaks each of them. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ESLint } from 'eslint';
import { inCheckout } from '../../infra/setup/checkout.mjs';

// The layers need no types; without them each check takes milliseconds.
const eslint = new ESLint({
  cwd: inCheckout(),
  overrideConfig: [{ languageOptions: { parserOptions: { projectService: false } } }],
  ruleFilter: ({ ruleId }) =>
    [
      '@typescript-eslint/no-restricted-imports',
      'no-restricted-globals',
      'no-restricted-properties',
    ].includes(ruleId),
});

async function complaints(file: string, code: string): Promise<number> {
  const [result] = await eslint.lintText(code, { filePath: inCheckout(file) });
  const fatal = result?.messages.find((message) => message.fatal);
  assert.equal(fatal, undefined, fatal?.message);
  return result?.messages.length ?? 0;
}

const refused: [file: string, code: string][] = [
  ['models/flow/glow.ts', "import { x } from '../ebm/ebm.ts';"],
  ['models/ebm/ebm.ts', "import type { x } from '../flow/bijection.ts';"],
  ['models/fce/value.ts', "import { x } from '../../activities/contracts/failures.ts';"],
  ['models/fce/value.ts', "import { x } from '../../infra/worker/run-worker.ts';"],
  ['models/fce/value.ts', "import { readFileSync } from 'node:fs';"],
  ['models/fce/value.ts', "import { readFileSync } from 'fs';"],
  ['models/fce/value.ts', "import * as tf from '@tensorflow/tfjs-core';"],
  ['models/fce/value.ts', "import { log } from '@temporalio/activity';"],
  ['models/fce/value.ts', "import protobuf from 'protobufjs';"],
  ['models/fce/value.ts', 'export const seed = Math.random();'],
  ['models/fce/value.ts', 'export const now = Date.now();'],
  ['models/fce/value.ts', 'export const seed = process.env.SEED;'],
  ['activities/train-segment.ts', "import { x } from '../infra/worker/run-worker.ts';"],
  ['activities/train-segment.ts', "import { x } from '../workflows/training/train.ts';"],
  ['activities/train-segment.ts', "import { x } from 'onnxruntime-node';"],
  ['workflows/training/train.ts', "import { x } from '../../activities/train-segment.ts';"],
  ['workflows/training/train.ts', "import { x } from '../../activities/config/experiment-config.ts';"],
  ['workflows/training/train.ts', "import { x } from '../../models/fce/config.ts';"],
  ['workflows/training/train.ts', "import { z } from 'zod';"],
  ['workflows/training/train.ts', "import { createHash } from 'node:crypto';"],
  ['workflows/training/train.ts', "import { x } from '../experiments/spiral.ts';"],
  ['workflows/training/train.ts', "import type { x } from '../../infra/worker/run-worker.ts';"],
  ['models/training/updates.ts', "import { x } from '../fce/value.ts';"],
  ['models/core/params.ts', "import type { x } from '../training/training.ts';"],
  ['activities/formats/npz.ts', "import { x } from '../datasets/prepare.ts';"],
  ['infra/ui/pages/run-page.ts', "import { x } from '../../cli/lines/columns.ts';"],
  ['infra/client/runs/start-run.ts', "import { x } from '../../ui/start-ui.ts';"],
  ['infra/compute/pool.ts', "import { x } from '../client/server/ask.ts';"],
  ['infra/worker/run-worker.ts', "import type { x } from '../client/server/ask.ts';"],
  ['infra/base/format.ts', "import { x } from '../store/layout.ts';"],
];

const allowed: [file: string, code: string][] = [
  ['models/core/tensors.ts', "import * as tf from '@tensorflow/tfjs-core';"],
  ['models/graph/onnx.ts', "import protobuf from 'protobufjs';"],
  ['models/fce/value.ts', "import { x } from '../flow/glow.ts';"],
  ['activities/train-segment.ts', "import { x } from '../models/fce/config.ts';"],
  ['workflows/training/train.ts', "import type { x } from '../../activities/train-segment.ts';"],
  ['workflows/training/train.ts', "import { failures } from '../../activities/contracts/failures.ts';"],
  ['workflows/experiments/spiral.ts', "import { x } from './eight-gaussians.ts';"],
  ['infra/worker/run-worker.ts', "import { x } from '../../activities/train-segment.ts';"],
  ['infra/cli/commands/ui.ts', "import { x } from '../../ui/start-ui.ts';"],
  ['infra/ui/page-model.ts', "import { x } from '../client/server/ask.ts';"],
];

describe('imports point down only', () => {
  for (const [file, code] of refused) {
    test(`${file} may not say: ${code}`, async () => assert.equal(await complaints(file, code), 1));
  }
  for (const [file, code] of allowed) {
    test(`${file} may say: ${code}`, async () => assert.equal(await complaints(file, code), 0));
  }
});
