/** The layers between the rooms, by handing the lint rule an import that breaks each of them. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ESLint } from 'eslint';
import { inCheckout } from '../../infra/setup/checkout.mjs';

// The layers need no types; without them each check takes milliseconds.
const eslint = new ESLint({
  cwd: inCheckout(),
  overrideConfig: [{ languageOptions: { parserOptions: { projectService: false } } }],
  ruleFilter: ({ ruleId }) => ['@typescript-eslint/no-restricted-imports', 'no-restricted-globals', 'no-restricted-properties'].includes(ruleId),
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
  ['models/fce/value.ts', "import { x } from '../../activities/contracts.ts';"],
  ['models/fce/value.ts', "import { x } from '../../infra/worker/run-worker.ts';"],
  ['models/fce/value.ts', "import { readFileSync } from 'node:fs';"],
  ['models/fce/value.ts', "import { readFileSync } from 'fs';"],
  ['models/fce/value.ts', "import * as tf from '@tensorflow/tfjs-core';"],
  ['models/fce/value.ts', "import { log } from '@temporalio/activity';"],
  ['models/fce/value.ts', "import protobuf from 'protobufjs';"],
  ['models/fce/value.ts', 'export const seed = Math.random();'],
  ['models/fce/value.ts', 'export const now = Date.now();'],
  ['models/fce/value.ts', 'export const seed = process.env.SEED;'],
  ['activities/train-segment.ts', "import { x } from '../infra/worker.ts';"],
  ['activities/train-segment.ts', "import { x } from '../workflows/train.ts';"],
  ['activities/train-segment.ts', "import { x } from 'onnxruntime-node';"],
  ['workflows/training/train.ts', "import { x } from '../activities/train-segment.ts';"],
  ['workflows/training/train.ts', "import { x } from '../activities/schemas.ts';"],
  ['workflows/training/train.ts', "import { x } from '../models/fce/config.ts';"],
  ['workflows/training/train.ts', "import { z } from 'zod';"],
  ['workflows/training/train.ts', "import { createHash } from 'node:crypto';"],
  ['workflows/training/train.ts', "import { x } from './experiments/spiral.ts';"],
  ['workflows/training/train.ts', "import type { x } from '../infra/worker.ts';"],
];

const allowed: [file: string, code: string][] = [
  ['models/core/tensors.ts', "import * as tf from '@tensorflow/tfjs-core';"],
  ['models/graph/onnx.ts', "import protobuf from 'protobufjs';"],
  ['models/fce/value.ts', "import { x } from '../flow/glow.ts';"],
  ['activities/train-segment.ts', "import { x } from '../models/fce/config.ts';"],
  ['workflows/training/train.ts', "import type { x } from '../activities/train-segment.ts';"],
  ['workflows/training/train.ts', "import { failures } from '../activities/contracts.ts';"],
  ['workflows/experiments/spiral.ts', "import { x } from './eight-gaussians.ts';"],
  ['infra/worker/run-worker.ts', "import { x } from '../activities/train-segment.ts';"],
];

describe('imports point down only', () => {
  for (const [file, code] of refused) {
    test(`${file} may not say: ${code}`, async () => assert.equal(await complaints(file, code), 1));
  }
  for (const [file, code] of allowed) {
    test(`${file} may say: ${code}`, async () => assert.equal(await complaints(file, code), 0));
  }
});
