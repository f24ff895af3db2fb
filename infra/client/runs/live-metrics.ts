/** Curves of a run that goes on: the lines it has recorded, those of the segments that its trainings have
 *  ended, and what their heartbeats said last. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import type { ArtifactRef } from '../../../activities/contracts/artifact.ts';
import type { TrainingName } from '../../../activities/contracts/names.ts';
import type { ArtifactStore } from '../../../activities/ports/store.ts';
import type { MetricsLine } from '../../../activities/report/contract.ts';
import { ofTheTurn } from '../../../activities/report/training-series.ts';
import { parseLines } from '../../../activities/record/run-files.ts';
import { layoutOf } from '../../store/layout.ts';
import { LocalStore } from '../../store/local-store.ts';
import { ask } from '../server/ask.ts';
import type { ActiveStep } from './active-step.ts';
import { readDiverged, readMetrics } from '../records/run-records.ts';
import { wireNames } from '../../../workflows/shared/wire-names.ts';

export class LiveMetrics {
  readonly #out: string;
  readonly #run: string;
  readonly #store: Pick<ArtifactStore, 'get'>;
  #read: { readonly version: string; readonly lines: readonly MetricsLine[] } = { version: '', lines: [] };
  /** By the SHA-256 of their artifacts, in the order in which they were read. */
  readonly #ended = new Map<string, readonly MetricsLine[]>();
  /** Of each training under way: lines of its ended segments, and of heartbeats since. */
  readonly #trainings = new Map<string, { committed: readonly MetricsLine[]; heard: MetricsLine[] }>();

  constructor(out: string, run: string) {
    [this.#out, this.#run, this.#store] = [out, run, new LocalStore(layoutOf(out))];
  }

  /** `steps`: those under way; trainings among them that are not `finished` are asked. */
  async read(
    client: Client | null,
    steps: readonly ActiveStep[],
    trainings: readonly TrainingName[],
    finished: ReadonlySet<string>,
  ): Promise<readonly MetricsLine[]> {
    const recorded = await this.#recorded();
    const open = client === null ? [] : trainings.filter((training) => !finished.has(training));
    if (client === null || open.length === 0) return recorded;
    const isOpen = ({ training, diverged }: MetricsLine): boolean =>
      diverged === undefined && (open as readonly string[]).includes(training);
    const linesOf = (training: TrainingName): Promise<readonly MetricsLine[]> =>
      this.#linesOf(
        client,
        training,
        steps.find(({ name }) => name === training),
        recorded.filter((line) => isOpen(line) && line.training === training),
      );
    return [...recorded.filter((line) => !isOpen(line)), ...(await Promise.all(open.map(linesOf))).flat()];
  }

  /** The same list as long as the file is the same. */
  async #recorded(): Promise<readonly MetricsLine[]> {
    const { mtimeMs, size } = await stat(join(this.#out, this.#run, 'metrics.jsonl')).catch(() => ({
      mtimeMs: 0,
      size: 0,
    }));
    const version = `${mtimeMs} ${size}`;
    if (version !== this.#read.version)
      this.#read = {
        version,
        lines: [...(await readMetrics(this.#out, this.#run)), ...(await readDiverged(this.#out, this.#run))],
      };
    return this.#read.lines;
  }

  /** `recorded`: up to the last segment, for as long as the training does not answer. */
  async #linesOf(
    client: Client,
    training: TrainingName,
    step: ActiveStep | undefined,
    recorded: readonly MetricsLine[],
  ): Promise<readonly MetricsLine[]> {
    const known = this.#trainings.get(training) ?? { committed: [], heard: [] };
    known.committed =
      (await this.#committed(client, training)) ?? (known.committed.length > 0 ? known.committed : recorded);
    const reached = known.committed.at(-1)?.update ?? 0;
    if (step?.phase === 'step' && step.count !== null)
      known.heard.push({ ...heardOf(step, training), training, update: step.count.done });
    // a rollback goes back
    const latest = known.heard.at(-1)?.update ?? 0;
    known.heard = known.heard.filter(
      ({ update }, i, all) => update > reached && update <= latest && update !== all[i + 1]?.update,
    );
    this.#trainings.set(training, known);
    return [...known.committed, ...known.heard];
  }

  /** null: nobody answers just now. */
  async #committed(client: Client, training: TrainingName): Promise<readonly MetricsLine[] | null> {
    const refs = await ask(client, () =>
      client.workflow.getHandle(`${this.#run}/${training}`).query<readonly ArtifactRef[]>(wireNames.metrics),
    );
    return (
      refs
      && Promise.all(refs.map((ref) => this.#segment(ref, training))).then(
        (lines) => lines.flat(),
        () => null,
      )
    );
  }

  async #segment(ref: ArtifactRef, training: TrainingName): Promise<readonly MetricsLine[]> {
    const known = this.#ended.get(ref.sha256);
    if (known) return known;
    const lines = parseLines(Buffer.from(await this.#store.get(ref)).toString('utf8')).map(
      (line) => ({ ...line, training }) as MetricsLine,
    );
    this.#ended.set(ref.sha256, lines);
    return lines;
  }
}

/** A heartbeat does not say whose turn it was: of a player it tells what stands under the player's name. */
function heardOf({ metrics }: ActiveStep, training: TrainingName): Record<string, number> {
  return Object.fromEntries(
    Object.entries(metrics).filter(([name]) => training !== 'contrast' || !ofTheTurn.has(name)),
  );
}
