/** The lineage of a run: its recorded steps, joined with what the store remembers of them and with the other
 *  runs' records. */
import type { RecordedStep, RunRecord } from '../../activities/record/run-record.ts';
import { artifactsIn } from '../store/artifacts-in.ts';
import { kinshipIn, type Kinship } from './data-family.ts';
import type { KeyDifference, Input, Lineage, NearestRecord, TracedStep } from './lineage.ts';
import { nearestRecord } from './nearest-record.ts';
import { inputsIn } from './parts-of.ts';
import type { RememberedStep } from './read-remembered.ts';

export type TraceableRecord = Pick<RunRecord, 'id' | 'experiment' | 'status' | 'startedAt'>
  & Partial<RunRecord>;

interface Known {
  readonly record: TraceableRecord;
  readonly actions: ReadonlyMap<string, RememberedStep>;
  readonly remembered: readonly RememberedStep[];
  readonly isKin: Kinship;
  /** The run that computed an output, by its key. */
  readonly makers: ReadonlyMap<string, TraceableRecord>;
  /** What made an artifact, by its hash: the step of this run where there is one. */
  readonly sources: ReadonlyMap<string, { readonly key: string; readonly step: RecordedStep | null }>;
}

/** `others`: records of all runs of the folder; `remembered`: of its store. */
export function traceRun(
  record: TraceableRecord,
  others: readonly TraceableRecord[],
  remembered: readonly RememberedStep[],
): Lineage {
  const steps = record.steps ?? [];
  const actions = new Map(remembered.map((one) => [one.key, one]));
  const known: Known = {
    record,
    actions,
    remembered,
    isKin: kinshipIn(remembered),
    makers: makersIn([...others, record]),
    sources: sourcesOf(steps, actions, remembered),
  };
  const { commit, dirty } = codeOf(record);
  return {
    run: record.id,
    experiment: record.experiment,
    status: record.status,
    commit,
    dirty,
    steps: steps.map((step) => traced(step, known)),
  };
}

function makersIn(records: readonly TraceableRecord[]): Map<string, TraceableRecord> {
  return new Map(
    records.flatMap((record) =>
      (record.steps ?? []).filter(({ reused }) => !reused).map(({ key }) => [key, record] as const),
    ),
  );
}

/** This run's own steps count before all others. */
function sourcesOf(
  steps: readonly RecordedStep[],
  actions: Known['actions'],
  remembered: readonly RememberedStep[],
): Known['sources'] {
  const sources = new Map<string, { key: string; step: RecordedStep | null }>();
  for (const { key, output } of remembered)
    for (const { sha256 } of artifactsIn(output)) sources.set(sha256, { key, step: null });
  for (const step of steps.toReversed())
    for (const { sha256 } of artifactsIn(actions.get(step.key)?.output))
      sources.set(sha256, { key: step.key, step });
  return sources;
}

function traced(step: RecordedStep, known: Known): TracedStep {
  const { name, key, reused, reason, seconds } = step;
  const action = known.actions.get(key);
  const maker = makerOf(key, known);
  return {
    name,
    key,
    reused,
    reason,
    seconds,
    activity: action?.activity ?? null,
    computedAt: action?.at ?? null,
    computedBy: maker?.id ?? null,
    ...(maker ? codeOf(maker) : { commit: null, dirty: null }),
    circumstances: action?.circumstances ?? null,
    inputs: inputsIn(action?.spec).map(({ path, ref }) => inputOf(path, ref, known)),
    outputs: artifactsIn(action?.output).map(({ sha256 }) => sha256),
    nearest: action && !reused ? nearestOf(action, known) : null,
  };
}

/** What a run did before it was resumed, its record calls reused. */
function makerOf(key: string, { record, actions, makers }: Known): TraceableRecord | null {
  const action = actions.get(key);
  return (
    makers.get(key)
    ?? (action
    && (action.salt === record.id || action.at >= record.startedAt)
    && record.steps?.some((step) => step.key === key)
      ? record
      : null)
  );
}

function inputOf(
  path: string,
  { sha256, bytes }: { readonly sha256: string; readonly bytes: number },
  known: Known,
): Input {
  const source = known.sources.get(sha256);
  return {
    path,
    sha256,
    bytes,
    step: source?.step?.name ?? null,
    run: source ? (makerOf(source.key, known)?.id ?? null) : null,
  };
}

function nearestOf(action: RememberedStep, known: Known): NearestRecord | null {
  const nearest = nearestRecord(action, known.remembered, known.isKin);
  if (nearest === null) return null;
  const {
    record: { key, at },
    differences,
  } = nearest;
  return {
    key,
    at,
    run: makerOf(key, known)?.id ?? null,
    differences: differences.map((one) => withCause(one, known)),
  };
}

/** An input is often another only because the step before was computed anew. */
function withCause(difference: KeyDifference, { sources }: Known): KeyDifference {
  if (difference.part !== 'input') return difference;
  const step = sources.get(String(difference.now))?.step;
  return step && !step.reused ? { ...difference, because: step.name } : difference;
}

function codeOf({ environment }: TraceableRecord): { commit: string | null; dirty: boolean | null } {
  const { gitCommit = null, gitDirty = null } = (environment ?? {}) as {
    gitCommit?: string | null;
    gitDirty?: boolean | null;
  };
  return { commit: gitCommit, dirty: gitDirty };
}
