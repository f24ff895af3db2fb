/** What `watch` draws, and what becomes of it when a terminal changes its size. */
import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { describe, test } from 'node:test';
import pc from 'picocolors';
import type { MetricsLine } from '../../../../activities/report/contract.ts';
import { visibleLength } from '../../../../infra/cli/lines/columns.ts';
import type { LiveRun } from '../../../../infra/client/runs/run-watcher.ts';
import { leaving, Screen } from '../../../../infra/cli/attend/screen.ts';
import { watchLines } from '../../../../infra/cli/lines/watch-lines.ts';

const plain = pc.createColors(false);
const metrics: MetricsLine[] = Array.from({ length: 50 }, (_, i) => ({
  training: 'contrast',
  update: i + 1,
  value: -1.5 + i / 100,
  accuracy: 0.6,
  'mse.ebm': 1 / (i + 1),
}));
const run: LiveRun = {
  state: 'under way',
  isOpen: true,
  differing: null,
  metrics,
  record: {
    id: 'spiral-s1',
    experiment: 'spiral',
    status: 'running',
    seed: 1,
    startedAt: '2026-11-28T00:00:00.000Z',
  },
  view: { runId: 'spiral-s1', stage: 'contrast', elapsedSeconds: 60, steps: [], uiUrl: null },
  decisions: [
    {
      at: '2026-11-28T00:00:30.000Z',
      what: 'rollback',
      sentence: 'contrast: went back to update 20.',
      details: {},
    },
  ],
};

function terminal(columns: number, rows: number): { readonly stream: NodeJS.WriteStream; written(): string } {
  let written = '';
  const stream = Object.assign(new PassThrough(), { columns, rows, isTTY: true });
  stream.on('data', (chunk: Buffer) => {
    written += chunk.toString();
  });
  return {
    stream: stream as unknown as NodeJS.WriteStream,
    written: () => {
      const all = written;
      written = '';
      return all;
    },
  };
}

describe('what watch shows', () => {
  test('is the stage, a line for each curve with its first and last value, and the latest decisions', () => {
    const text = watchLines(run, { width: 120, height: 40 }, plain).join('\n');
    assert.match(text, /^spiral-s1 {2}contrast {2}1 min 00 s/);
    assert.match(text, /Value V +FCE +-1\.5 +▁[▁-█]+█ +-1\.01/);
    assert.match(text, /MSE of log-density +EBM-FCE +1 +█[▁-█]+▁ +0\.02/);
    assert.match(text, /contrast: went back to update 20\./);
  });

  for (const size of [
    { width: 120, height: 40 },
    { width: 60, height: 12 },
    { width: 30, height: 5 },
    { width: 5, height: 1 },
  ]) {
    test(`fits ${size.width} columns and ${size.height} rows`, () => {
      const lines = watchLines(run, size, plain);
      assert.ok(lines.length <= size.height);
      assert.ok(lines.every((line) => visibleLength(line) <= size.width));
    });
  }

  test('warns of figures that mean little, of a run that has ended', () => {
    const record = {
      ...run.record,
      status: 'completed' as const,
      warnings: [
        {
          what: 'saturated' as const,
          training: 'contrast' as const,
          sentence: 'contrast: told apart.',
          details: {},
        },
      ],
    };
    assert.match(
      watchLines({ ...run, record, view: null, state: 'ended' }, { width: 120, height: 20 }, plain).join(
        '\n',
      ),
      /^spiral-s1 {2}completed\n {2}Warning: contrast: told apart\./m,
    );
  });

  test('says what to do where nobody works on the run', () => {
    assert.match(
      watchLines({ ...run, view: null, state: 'idle' }, { width: 120, height: 20 }, plain).join('\n'),
      /Nobody works on this run: `counterflow resume` goes on/,
    );
  });
});

describe('the screen', () => {
  test(
    'is drawn from its corner each time, anew in the new size when the terminal is resized, and given '
      + 'back at the end',
    async () => {
      const { stream, written } = terminal(100, 30);
      const screen = new Screen(stream);
      screen.show(({ width, height }) => [`${width}x${height}`]);
      assert.equal(written(), '\x1b[?1049h\x1b[?25l\x1b[H99x30\x1b[K\x1b[J');
      Object.assign(stream, { columns: 50, rows: 10 });
      stream.emit('resize');
      assert.equal(written(), '\x1b[H49x10\x1b[K\x1b[J');
      screen.close();
      stream.emit('resize');
      assert.equal(written(), '\x1b[?25h\x1b[?1049l');
    },
  );

  for (const [name, keys, leaves] of [
    ['q', 'q', true],
    ['Escape', '\x1b', true],
    ['Ctrl-C', '\x03', true],
    ['an arrow key', '\x1b[A', false],
    ['another letter', 'x', false],
  ] as const) {
    test(`${name} ${leaves ? 'leaves' : 'does nothing'}`, async () => {
      const input = Object.assign(new PassThrough(), {
        isTTY: true,
        setRawMode: () => undefined,
      }) as unknown as NodeJS.ReadStream;
      const over = new AbortController();
      let left = false;
      const leave = leaving(input, over.signal).then(() => {
        left = true;
      });
      input.emit('data', Buffer.from(keys));
      await new Promise(setImmediate);
      assert.equal(left, leaves);
      over.abort();
      await leave;
    });
  }
});
