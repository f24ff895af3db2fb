/** Step caching: an output is remembered under the hash of everything it depends on, and found again under it.
 *  The same idea gives resuming, lineage and an answer to "why was this rerun?". */
import { canonicalHash } from './canonical-hash.ts';
import type { Provenance } from './contracts.ts';
import type { Identity, JobName, Ports } from './ports.ts';

export interface Step {
  readonly activity: JobName | 'prepare-dataset';
  /** What is asked for. Inputs are in it by their hashes, decisions taken too; paths and times must not be. */
  readonly spec: unknown;
  readonly threads: number;
  /** null, or the run that shares its steps with no other. */
  readonly salt: string | null;
}

/** What a step depends on beside its spec. */
export interface Circumstances {
  readonly code: string;
  readonly native: Awaited<ReturnType<Identity['native']>>;
  readonly threads: number;
}

/** `asked`: activity, spec and salt. */
export const kinKeyOf = (asked: Omit<Step, 'threads'>): string => canonicalHash(asked);
export const keyOf = (asked: Omit<Step, 'threads'>, circumstances: Circumstances): string => canonicalHash({ ...asked, ...circumstances });

/** Recalls the step's output, or computes and remembers it. */
export async function keyed<T extends object>(ports: Pick<Ports, 'store' | 'identity'>, step: Step, compute: () => Promise<T>): Promise<T & Provenance> {
  const { store, identity } = ports;
  const startedAt = performance.now();
  const { activity, spec, salt, threads } = step;
  const asked = { activity, spec, salt };
  const circumstances: Circumstances = { code: await identity.codeHash(activity), native: await identity.native(), threads };
  const key = keyOf(asked, circumstances);
  const seconds = (): number => (performance.now() - startedAt) / 1000;

  const found = await store.recall<T>(key);
  if (found !== null) {
    return { ...found.output, key, reused: true, reason: `same configuration, inputs and code as on ${day(found.at)}`, seconds: seconds() };
  }
  const kinKey = kinKeyOf(asked);
  const why = whyComputed(await store.recall<Circumstances>(kinKey), circumstances, salt);
  const output = await compute();
  await store.remember(key, { activity, spec, output });
  await store.remember(kinKey, { activity: `${activity}, circumstances`, spec, output: circumstances });
  return { ...output, key, reused: false, ...why, seconds: seconds() };
}

/** `kin`: the circumstances under which the same was asked for before. */
function whyComputed(kin: { output: Circumstances; at: string } | null, now: Circumstances, salt: string | null): Pick<Provenance, 'reason' | 'lost'> {
  if (kin === null) return { reason: salt === null ? 'first time' : 'first time in this run, which reuses no other' };
  const { code, native, threads } = kin.output;
  const names = [...new Set([...Object.keys(native), ...Object.keys(now.native)])].sort();
  const changes = [
    ...(code === now.code ? [] : ['the code changed']),
    ...names.filter((name) => native[name] !== now.native[name]).map((name) => `${name} changed from ${native[name] ?? 'none'} to ${now.native[name] ?? 'none'}`),
    ...(threads === now.threads ? [] : [`threads changed from ${threads} to ${now.threads}`]),
  ];
  return changes.length > 0 ? { reason: `${changes.join(', ')} since ${day(kin.at)}` } : { reason: `the files of ${day(kin.at)} are gone or damaged`, lost: true };
}

const day = (iso: string): string => `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`;
