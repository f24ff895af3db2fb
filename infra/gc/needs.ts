/** What runs need of the store: of an ended one all that its record names, of one that can go on all that it
 *  could find again. */
import { canonicalHash } from '../../activities/formats/canonical-hash.ts';
import type { InitialFlow } from '../../activities/contracts/evaluation.ts';
import type { SegmentRequest } from '../../activities/contracts/training.ts';
import { drawnPoints } from '../../activities/config/data-seed.ts';
import { basename } from 'node:path';
import type { KnownAction } from './read-actions.ts';
import type { KnownRun } from './read-runs.ts';

export interface Needs {
  /** SHA-256 of artifacts. */
  readonly objects: ReadonlySet<string>;
  /** Keys of remembered outputs. */
  readonly actions: ReadonlySet<string>;
  /** Artifacts that nothing names, and that are younger than this, may be in the hands of a run under way;
   *  milliseconds, Infinity where none is. */
  readonly underWaySince: number;
}

type Actions = ReadonlyMap<string, KnownAction>;

/** `keepCache`: everything that is remembered is needed, by runs to come. */
export function needsOf(runs: readonly KnownRun[], actions: Actions, keepCache: boolean): Needs {
  const needed = new Set<string>(keepCache ? actions.keys() : []);
  const objects = new Set<string>();
  for (const run of runs) {
    for (const sha256 of namedBy(run)) objects.add(sha256);
    const { initialFlow } = run.request ?? {};
    // its file may be gone
    if (initialFlow && canGoOn(run)) objects.add(initialFlow.artifact.sha256);
    for (const key of [...stepsOf(run), ...(canGoOn(run) ? findableBy(run, actions) : [])])
      if (actions.has(key)) needed.add(key);
  }
  for (const key of needed) for (const sha256 of artifactsOf(actions.get(key)!)) objects.add(sha256);
  // what stands for needed artifacts alone is kept: it costs next to nothing, and says what they are
  for (const action of actions.values())
    if (action.outputs.length > 0 && action.outputs.every((sha256) => objects.has(sha256)))
      needed.add(action.key);
  addCircumstances(needed, actions);
  const underWay = runs.filter(({ record }) => record === null || record.status === 'running');
  return {
    objects,
    actions: needed,
    underWaySince: Math.min(
      Infinity,
      ...underWay.map(
        ({ record, request }) => Date.parse(request?.startedAt ?? record?.startedAt ?? '') || 0,
      ),
    ),
  };
}

const canGoOn = ({ record }: KnownRun): boolean => record?.status !== 'completed';
const stepsOf = ({ record }: KnownRun): string[] => (record?.steps ?? []).map(({ key }) => key);
const artifactsOf = ({ inputs, outputs }: KnownAction): string[] => [...inputs, ...outputs];

function namedBy({ record }: KnownRun): string[] {
  const { dataset, artifacts = [] } = record ?? {};
  return [
    ...artifacts.map(({ sha256 }) => sha256),
    ...(dataset ? [dataset.trainSha256, dataset.testSha256] : []),
  ];
}

/** Begins with what the run's configuration asks for, whichever run computed it, and goes on with all that
 *  was made of nothing but that; trainings of the same data, which another configuration asked for, are none
 *  of it. */
function findableBy(run: KnownRun, actions: Actions): Set<string> {
  const found = new Set<string>();
  const made = new Set<string>(namedBy(run));
  const take = ({ key, inputs, outputs }: KnownAction): void => {
    found.add(key);
    for (const sha256 of [...inputs, ...outputs]) made.add(sha256);
  };
  for (const known of actions.values()) if (isAskedForBy(run, known)) take(known);
  for (let before = -1; before !== found.size;) {
    before = found.size;
    for (const known of actions.values()) {
      if (
        !found.has(known.key)
        && known.action.activity !== 'train-segment'
        && known.inputs.length > 0
        && known.inputs.every((sha256) => made.has(sha256))
      )
        take(known);
    }
  }
  return found;
}

/** Settings that did not exist yet when the run began have been filled in since: what is asked for is part of
 *  what was computed. */
function isAskedForBy({ request }: KnownRun, { action: { activity, spec } }: KnownAction): boolean {
  if (request === null) return false;
  const { seed, dataset, baselines, pretrain, contrast, featureNetwork } = request.config;
  const before = (request.amended ?? []).map((amendment) => amendment.before);
  switch (activity) {
    case 'prepare-dataset':
      return includes(spec, dataset.kind === 'toy' ? drawnPoints(dataset, seed) : { dataset });
    case 'train-segment':
      return [...Object.values(baselines), pretrain, contrast, featureNetwork, ...before].some(
        (section) => section && includes((spec as SegmentRequest).spec.config, computedIn(section)),
      );
    case 'prepare-features':
      return (
        typeof request.features === 'string' && (spec as { name: string }).name === basename(request.features)
      );
    case 'prepare-initial-flow':
      return (spec as Pick<InitialFlow, 'given'>).given.sha256 === request.initialFlow?.artifact.sha256;
    default:
      return false;
  }
}

/** Which checkpoints are kept is not part of what was computed, nor are updates that were yet to be
 *  chosen. */
function computedIn(section: object): object {
  const {
    checkpoints: _,
    updates,
    ...computed
  } = section as { readonly checkpoints?: unknown; readonly updates?: unknown };
  return updates == null ? computed : { ...computed, updates };
}

function includes(whole: unknown, part: unknown): boolean {
  if (typeof part !== 'object' || part === null || typeof whole !== 'object' || whole === null)
    return whole === part;
  return Object.entries(part).every(([name, value]) =>
    includes((whole as Record<string, unknown>)[name], value),
  );
}

/** Under which circumstances an output was computed is remembered beside it. */
function addCircumstances(needed: Set<string>, actions: Actions): void {
  const about = ({ action: { activity, spec } }: KnownAction): string =>
    canonicalHash([activity.replace(/, circumstances$/, ''), spec]);
  const kept = new Set([...needed].map((key) => about(actions.get(key)!)));
  for (const known of actions.values())
    if (known.action.activity.endsWith(', circumstances') && kept.has(about(known))) needed.add(known.key);
}
