/** Which decisions a command says of a run that others, or it itself, had begun before. */
import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { describe, test } from 'node:test';
import type { Decision } from '../../../../activities/contracts/decision.ts';
import { DecisionsSaid } from '../../../../infra/client/runs/decisions-said.ts';
import { createDisplay } from '../../../../infra/cli/attend/display.ts';

const decided = (
  minute: number,
  what: Decision['what'],
  sentence: string,
  more: Partial<Decision> = {},
): Decision => ({
  at: `2026-11-30T10:${String(minute).padStart(2, '0')}:00.000Z`,
  what,
  sentence,
  details: {},
  ...more,
});
const rollback = (minute: number, to = 40): Decision =>
  decided(minute, 'rollback', `contrast: back to update ${to}.`, { training: 'contrast' });
const resumed = (minute: number): Decision =>
  decided(minute, 'resumed', 'The run of 2026-11-30T10:00 was resumed.');
const reused = (minute: number): Decision =>
  decided(minute, 'reused', 'contrast: 10 of 10 segments were found.', { training: 'contrast' });

/** What is told of before, and what is said, look after look. */
function toldOf(
  before: readonly Decision[],
  ...looks: readonly (readonly Decision[])[]
): { recalled: string[]; said: string[][] } {
  const [recalled, lines]: [string[], string[]] = [[], []];
  const said = new DecisionsSaid('a-run', before, {
    say: (line) => void lines.push(line),
    recall: (_, sentences) => void recalled.push(...sentences),
  });
  return {
    recalled,
    said: looks.map((look) => {
      said.hear(look);
      return lines.splice(0);
    }),
  };
}

describe('the decisions of a run', () => {
  test('that had been taken before are told of once, however often a resumed run comes to them again', () => {
    const before = [
      rollback(1),
      rollback(2, 60),
      decided(3, 'stopped-early', 'contrast stopped.', { training: 'contrast' }),
    ];
    const again = [
      resumed(20),
      ...before.map((one, i) => ({ ...one, at: `2026-11-30T10:2${i + 1}:00.000Z` })),
    ];
    const { recalled, said } = toldOf(before, [resumed(20)], again.slice(0, 2), again, [
      ...again,
      rollback(30, 80),
    ]);
    assert.deepEqual(
      recalled,
      before.map(({ sentence }) => sentence),
    );
    assert.deepEqual(said, [[resumed(20).sentence], [], [], [rollback(30, 80).sentence]]);
  });

  test('are said where the same comes once more than before', () => {
    const { said } = toldOf([rollback(1)], [resumed(20), rollback(21), rollback(22)]);
    assert.deepEqual(said, [[resumed(20).sentence, rollback(22).sentence]]);
  });

  test('are news of an execution where they say what it found', () => {
    const before = [resumed(1), reused(2)];
    assert.deepEqual(toldOf(before, [resumed(20), reused(21)]).said, [
      [resumed(20).sentence, reused(21).sentence],
    ]);
  });

  test('of a run that goes on are those since its record', () => {
    assert.deepEqual(toldOf([rollback(1)], [rollback(1), rollback(2)]).said, [[rollback(2).sentence]]);
  });

  test('are said each once where an earlier one comes in between later', () => {
    const [early, late] = [decided(1, 'warning', 'Warning: pretrain.'), decided(2, 'noted', 'Grey images.')];
    assert.deepEqual(toldOf([], [late], [early, late]).said, [[late.sentence], [early.sentence]]);
  });

  test('of a message are said once, also where it is heeded later and then says what it replaces', () => {
    const told = (sentence: string): Decision =>
      decided(5, 'told', sentence, { training: 'contrast', details: { number: 1, message: 'extend' } });
    assert.deepEqual(
      toldOf([], [told('contrast was told 200.')], [told('contrast was told 200 in place of 100.')]).said,
      [['contrast was told 200.'], []],
    );
    assert.deepEqual(
      toldOf([told('contrast was told 200 in place of 100.')], [resumed(20), told('contrast was told 200.')])
        .said,
      [[resumed(20).sentence]],
    );
  });

  test('of a new run say nothing of before', () => {
    assert.deepEqual(toldOf([], [rollback(1)]), { recalled: [], said: [[rollback(1).sentence]] });
  });
});

test('people are told in one line how many decisions there were before, and where they are', () => {
  for (const [before, line] of [
    [[rollback(1)], /^Before: 1 decision, see `.*show a-run`\.\n$/],
    [[rollback(1), reused(2)], /^Before: 2 decisions, see /],
  ] as const) {
    const stream = new PassThrough();
    new DecisionsSaid('a-run', before, createDisplay(stream as unknown as NodeJS.WriteStream)).hear(before);
    assert.match(String(stream.read()), line);
  }
});
