/** What of a run's files reaches its report. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseHTML } from 'linkedom';
import type { RunSnapshot } from '../../activities/contracts/run.ts';
import { writeReport } from '../../activities/write-report.ts';
import { requestOf } from '../workflows/fake-run.ts';
import { calmLife, fakePorts } from './fake-ports.ts';

const images = {
  dataset: { kind: 'cifar10' },
  models: { flow: { kind: 'image' }, ebm: { kind: 'conv' } },
  baselines: {},
};

test('every picture of an evaluation is in the report, once', async () => {
  const ports = fakePorts();
  const provenance = { key: 'key', reused: false, reason: 'first time', seconds: 2 };
  const names = [
    'data',
    'samples-flowFce',
    'temperature-0.7-flowFce',
    'interpolation-flowFce',
    'reconstruction-flowFce',
    'neighbours-data',
    'neighbours-flowFce',
  ];
  const files = Object.fromEntries(
    await Promise.all(
      names.map(
        async (name) => [`${name}.png`, await ports.store.put(Buffer.from(`picture ${name}`))] as const,
      ),
    ),
  );
  const run: RunSnapshot = {
    request: requestOf('run-1', images),
    status: 'completed',
    stages: {},
    decisions: [],
    dataset: null,
    trainings: {},
    models: {},
    evaluation: { ...provenance, results: { 'bitsPerDim.flowFce': 4.1 }, files, executionProvider: 'cpu' },
    finishedAt: '2026-01-02T03:05:05.000Z',
    failure: null,
  };
  await writeReport(ports, run, calmLife);
  const page = Buffer.from(ports.written.get('run-1/report.html')!).toString('utf8');
  const shown = [...parseHTML(page).document.querySelectorAll('img')].map((image) =>
    Buffer.from((image.getAttribute('src') ?? '').split(',')[1]!, 'base64').toString(),
  );
  assert.deepEqual(shown.sort(), names.map((name) => `picture ${name}`).sort());
});
