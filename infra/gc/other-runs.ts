/** What the other runs of a folder need of a training's checkpoints: read from their records and requests,
 *  and read again only where those changed. Of two runs under way with the same training and the same rule
 *  neither keeps what the other's rule would remove: each goes through the segments that the other has made,
 *  and where it takes another turn it computes anew what it needs. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ZodError } from 'zod';
import { canonicalHash } from '../../activities/formats/canonical-hash.ts';
import type { TrainingConfig } from '../../activities/config/experiment-config.ts';
import type { RunRequest } from '../../activities/contracts/run.ts';
import type { SharedTraining } from '../../activities/ports/compute.ts';
import { requestFile } from '../../activities/record/record-request.ts';
import { decisiveIn } from '../../activities/train-segment.ts';
import { trainingSchema } from '../../models/training-schema.ts';
import type { Layout } from '../store/layout.ts';
import { fingerprint } from '../store/fingerprint.ts';
import { readRun, type KnownRun } from './read-runs.ts';
import { RefusedError } from './refused.ts';

/** Of one run, in few bytes: a worker keeps it of every run in the folder. */
interface Needs {
  /** SHA-256 of the files that its record names; null: it cannot be read, and could need anything. */
  readonly named: readonly string[] | null;
  readonly underWay: boolean;
  readonly fresh: boolean;
  /** What its trainings compute -> which checkpoints they keep. */
  readonly trainings: ReadonlyMap<string, string>;
}

export class OtherRuns {
  readonly #layout: Layout;
  readonly #known = new Map<string, { readonly print: string; readonly needs: Needs | null }>();

  constructor(layout: Layout) {
    this.#layout = layout;
  }

  /** Whether a run but `runId` needs a checkpoint of that training, by its SHA-256. */
  async neededBesides(runId: string, training: SharedTraining): Promise<(sha256: string) => boolean> {
    const named = new Set<string>();
    let all = false;
    for (const needs of await this.#others(runId)) {
      for (const sha256 of needs.named ?? []) named.add(sha256);
      all ||= needs.named === null || needsAll(needs, training);
    }
    return (sha256) => all || named.has(sha256);
  }

  async #others(runId: string): Promise<Needs[]> {
    const entries = (await readdir(this.#layout.out, { withFileTypes: true })).filter(
      ({ name }) => !name.startsWith('.'),
    );
    const ids = entries
      .filter((entry) => entry.isDirectory() || entry.isSymbolicLink())
      .map(({ name }) => name);
    for (const id of this.#known.keys()) if (!ids.includes(id)) this.#known.delete(id);
    const needs = [];
    for (const id of ids) if (id !== runId) needs.push(await this.#needsOf(id));
    return needs.filter((one) => one !== null);
  }

  async #needsOf(id: string): Promise<Needs | null> {
    const folder = join(this.#layout.out, id);
    const print = (
      await Promise.all(
        ['run.json', requestFile].map((name) => fingerprint(join(folder, name)).catch(() => '-')),
      )
    ).join(' ');
    const known = this.#known.get(id);
    if (known?.print === print) return known.needs;
    const needs = await this.#read(id);
    this.#known.set(id, { print, needs });
    return needs;
  }

  /** Null: the folder is none of a run. One that cannot be read could be that of a run which needs
   *  everything. */
  async #read(id: string): Promise<Needs | null> {
    try {
      const run = await readRun(this.#layout, id);
      return run && needsOf(run);
    } catch (error) {
      if (error instanceof RefusedError || error instanceof ZodError) return needsEverything;
      throw error;
    }
  }
}

function needsAll({ underWay, fresh, trainings }: Needs, { config, salt, until }: SharedTraining): boolean {
  const rule = trainings.get(canonicalHash(decisiveIn(config)));
  if (rule === undefined) return false;
  // a completed run goes nowhere any more; what its rule keeps for good, another rule does not
  if (!underWay) return rule !== ruleOf(config, until);
  // steps that a run keeps to itself are made by itself, and may hold the same bytes
  return salt !== null || fresh || rule !== ruleOf(config, until);
}

function needsOf({ record, request }: KnownRun): Needs {
  const checkpoints = (record?.artifacts ?? [])
    .filter(({ name }) => name.startsWith('checkpoints/'))
    .map(({ sha256 }) => sha256);
  const given = request?.initialFlow?.artifact.sha256;
  const named = given === undefined ? checkpoints : [...checkpoints, given];
  // one that was cancelled or has failed can be resumed
  const underWay = record?.status !== 'completed';
  return {
    named,
    underWay,
    fresh: request?.fresh ?? true,
    trainings: request === null ? new Map<string, string>() : trainingsOf(request, chosenIn(record)),
  };
}

/** Updates of the control, where they were left to measured time; null: they are not chosen yet, and nothing
 *  is computed with them. */
function chosenIn(record: KnownRun['record']): number | null {
  const updates = record?.decisions?.findLast(({ what }) => what === 'chosen')?.details['updates'];
  return typeof updates === 'number' ? updates : null;
}

function trainingsOf(
  { config: { baselines, pretrain, contrast, featureNetwork }, amended = [], until }: RunRequest,
  chosen: number | null,
): Map<string, string> {
  const { control, ...others } = baselines;
  const sections = [...Object.values(others), withUpdates(control, chosen), pretrain, featureNetwork].filter(
    (section) => section != null,
  );
  const before = amended.map((amendment) => amendment.before);
  return new Map([
    ...[...sections, ...before].map(
      (section) => [canonicalHash(decisiveIn(section)), ruleOf(section)] as const,
    ),
    [canonicalHash(decisiveIn(contrast)), ruleOf(contrast, until)],
  ]);
}

function withUpdates(
  control: RunRequest['config']['baselines']['control'],
  chosen: number | null,
): TrainingConfig | null {
  const updates = control?.updates ?? chosen;
  return control == null || updates === null ? null : { ...control, updates };
}

/** A request of before there was such a rule has its defaults. */
function ruleOf(section: TrainingConfig, until?: number): string {
  const { keep, every } = trainingSchema.parse(section).checkpoints;
  return JSON.stringify([keep, every, until ?? null]);
}

const needsEverything: Needs = { named: null, underWay: false, fresh: false, trainings: new Map() };
