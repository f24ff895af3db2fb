/** Step caching: an output is remembered under the hash of everything it depends on, and found again under
 *  it. The same idea gives resuming, lineage and an answer to "why was this rerun?". */
import { canonicalHash } from '../formats/canonical-hash.ts';
import type { Provenance } from '../contracts/artifact.ts';
import type { JobName } from '../ports/compute.ts';
import type { Ports } from '../ports/ports.ts';
import type { ArtifactStore, StepEnvironment, Fence, Wanted } from '../ports/store.ts';
import type { ActivityScope } from './heartbeat.ts';

export interface Step {
  readonly activity: JobName | 'prepare-dataset' | 'measure-updates';
  /** What is asked for. Inputs are in it by their hashes, decisions taken too; paths and times must not
   *  be. */
  readonly spec: unknown;
  readonly threads: number;
  /** null, or the run that shares its steps with no other. */
  readonly salt: string | null;
  /** What it made must all be there: where some of it was released, it is computed anew. Not part of the
   *  key. */
  readonly whole?: boolean;
}

type Asked = Pick<Step, 'activity' | 'spec' | 'salt'>;
export const familyKey = (asked: Asked): string => canonicalHash(asked);
export const cacheKey = (asked: Asked, circumstances: StepEnvironment): string =>
  canonicalHash({ ...asked, ...circumstances });

/** Recalls the step's output, or computes and remembers it. What several runs ask for at once is computed by
 *  one of them. */
export async function cachedStep<T extends object>(
  ports: Pick<Ports, 'store' | 'identity'>,
  step: Step,
  scope: ActivityScope,
  compute: () => Promise<T>,
): Promise<T & Provenance> {
  const { store, identity } = ports;
  const startedAt = performance.now();
  const { activity, spec, salt, threads } = step;
  const circumstances: StepEnvironment = {
    code: await identity.codeHash(activity),
    native: await identity.native(),
    threads,
  };
  const key = cacheKey({ activity, spec, salt }, circumstances);
  const provided =
    (await reused<T>(store, step, key, circumstances, scope))
    ?? (await store.fenced(key, scope.attempt, (claim) =>
      store.locked(
        key,
        scope,
        async () =>
          // by another run or an attempt before this one, until now
          (await recalled<T>(store, key, step))
          ?? (await computed(store, step, key, circumstances, claim, compute)),
      ),
    ));
  const {
    waited,
    attempt: { failedBefore },
  } = scope;
  return {
    ...provided,
    key,
    seconds: (performance.now() - startedAt) / 1000,
    ...(waited.length > 0 && { waited: [...waited] }),
    ...(failedBefore !== undefined && { failedAttempts: failedBefore }),
  };
}

type Provided<T> = T & Omit<Provenance, 'key' | 'seconds'>;

async function reused<T>(
  store: ArtifactStore,
  step: Step,
  key: string,
  circumstances: StepEnvironment,
  scope: ActivityScope,
): Promise<Provided<T> | null> {
  const found = await recalled<T>(store, key, step);
  // an attempt that was stopped between the two would note them later
  if (found !== null && !(await areNoted(store, step, circumstances)))
    await store.fenced(key, scope.attempt, (claim) => noteCircumstances(store, step, circumstances, claim));
  return found;
}

async function recalled<T>(store: ArtifactStore, key: string, { whole }: Step): Promise<Provided<T> | null> {
  const found = await store.recall<T>(key, wanted(whole));
  return (
    found && {
      ...found.output,
      reused: true,
      reason: `same configuration, inputs and code as on ${day(found.at)}`,
    }
  );
}

async function computed<T>(
  store: ArtifactStore,
  step: Step,
  key: string,
  circumstances: StepEnvironment,
  claim: Fence,
  compute: () => Promise<T>,
): Promise<Provided<T>> {
  const { activity, spec, salt, whole } = step;
  const released = whole ? await store.recall<T>(key) : null;
  const why =
    released === null
      ? whyComputed(
          await store.recall<StepEnvironment>(familyKey({ activity, spec, salt })),
          circumstances,
          salt,
        )
      : whyAnew(released);
  const output = await store.remember(
    key,
    { activity, spec, output: await compute(), salt, circumstances },
    claim,
    wanted(whole),
  );
  await noteCircumstances(store, step, circumstances, claim);
  return { ...output, reused: false, ...why };
}

const wanted = (whole = false): Wanted => ({ whole });

const whyAnew = ({ at }: { readonly at: string }): Pick<Provenance, 'reason' | 'lost'> => ({
  reason: `what it made on ${day(at)} was released, and is needed again`,
  lost: true,
});

const noteCircumstances = (
  store: ArtifactStore,
  { activity, spec, salt }: Step,
  circumstances: StepEnvironment,
  claim: Fence,
): Promise<void> =>
  store.replace(
    familyKey({ activity, spec, salt }),
    { activity: `${activity}, circumstances`, spec, output: circumstances },
    claim,
  );

/** Whether the latest that are noted for the step are these. */
async function areNoted(
  store: ArtifactStore,
  { activity, spec, salt }: Step,
  circumstances: StepEnvironment,
): Promise<boolean> {
  const noted = await store.recall<StepEnvironment>(familyKey({ activity, spec, salt }));
  return noted !== null && canonicalHash(noted.output) === canonicalHash(circumstances);
}

/** `family`: the circumstances under which the same was asked for before. */
function whyComputed(
  family: { output: StepEnvironment; at: string } | null,
  now: StepEnvironment,
  salt: string | null,
): Pick<Provenance, 'reason' | 'lost'> {
  if (family === null)
    return { reason: salt === null ? 'first time' : 'first time in this run, which reuses no other' };
  const { code, native, threads } = family.output;
  const names = [...new Set([...Object.keys(native), ...Object.keys(now.native)])].sort();
  const changes = [
    ...(code === now.code ? [] : ['the code changed']),
    ...names
      .filter((name) => native[name] !== now.native[name])
      .map((name) => `${name} changed from ${native[name] ?? 'none'} to ${now.native[name] ?? 'none'}`),
    ...(threads === now.threads ? [] : [`threads changed from ${threads} to ${now.threads}`]),
  ];
  return changes.length > 0
    ? { reason: `${changes.join(', ')} since ${day(family.at)}` }
    : { reason: `the files of ${day(family.at)} are gone or damaged`, lost: true };
}

const day = (iso: string): string => `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`;
