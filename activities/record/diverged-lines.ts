/** The updates that led to a divergence: metrics that no segment keeps, for it did not come to its end.
 *  Curves of their own, marked `diverged`. */
import type { ArtifactRef } from '../contracts/artifact.ts';
import type { RunSnapshot } from '../contracts/run.ts';
import { eventsFile } from './curves.ts';
import type { Ports } from '../ports/ports.ts';
import { filesOfDecisions, parseLines } from './run-files.ts';
import { encodeEvents } from '../formats/tensorboard.ts';

type Line = Readonly<Record<string, unknown>>;

/** JSON lines; `update`: the one at which it was seen. What is not finite stands as text: JSON has no number
 *  for it. */
export const divergedText = (lines: readonly Line[], update: number): string =>
  lines
    .map(
      (line) =>
        `${JSON.stringify({ ...line, diverged: update }, (_, value: unknown) => (typeof value === 'number' && !Number.isFinite(value) ? String(value) : value))}\n`,
    )
    .join('');

const isDiverged = (name: string): boolean => name.startsWith('diverged/');

/** All of a run's, by file, as far as they are still there. */
export async function divergedLines(
  { store }: Pick<Ports, 'store'>,
  run: Pick<RunSnapshot, 'decisions'>,
): Promise<Map<string, Line[]>> {
  const refs = [...filesOfDecisions(run)].filter(([name]) => isDiverged(name));
  const read = async ([name, ref]: [string, ArtifactRef]): Promise<[string, Line[]][]> =>
    (await store.has(ref)) ? [[name, parseLines(Buffer.from(await store.get(ref)).toString('utf8'))]] : [];
  return new Map((await Promise.all(refs.map(read))).flat());
}

/** TensorBoard's events of each, a run of its own there. */
export async function divergedEvents(
  ports: Pick<Ports, 'store'>,
  run: RunSnapshot,
): Promise<{ readonly name: string; readonly content: Uint8Array }[]> {
  const startedAt = Date.parse(run.request.startedAt) / 1000;
  return [...(await divergedLines(ports, run))].map(([file, lines]) => ({
    name: eventsFile(file.replace(/^diverged\/(.+)\.jsonl$/, '$1-diverged'), startedAt),
    content: encodeEvents(
      startedAt,
      lines.map((line) => ({ step: Number(line['update']), wallTime: startedAt, values: numbersIn(line) })),
    ),
  }));
}

const numbersIn = (line: Line): Record<string, number> =>
  Object.fromEntries(
    Object.entries(line).filter(
      (entry): entry is [string, number] =>
        typeof entry[1] === 'number' && !['update', 'diverged'].includes(entry[0]),
    ),
  );
