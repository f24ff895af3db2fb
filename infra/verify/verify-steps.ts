/** What a run's steps made: their remembered outputs, the keys these are found under, and every artifact in
 *  them. */
import { join } from 'node:path';
import { cacheKey, familyKey, type Step } from '../../activities/step/cached-step.ts';
import type { ArtifactRef } from '../../activities/contracts/artifact.ts';
import type { SegmentResult } from '../../activities/contracts/training.ts';
import type { StepEnvironment } from '../../activities/ports/store.ts';
import type { RecordedStep } from '../../activities/record/run-record.ts';
import type { Layout } from '../store/layout.ts';
import { decodeAction, type ActionRecord } from '../store/action-record.ts';
import { artifactsIn } from '../store/artifacts-in.ts';
import { ReleaseMarks } from '../store/release-marks.ts';
import { compared, contentOf, textOf, type Finding } from './finding.ts';
import { rederiveWeights } from './rederive-weights.ts';

export interface VerifiedSteps {
  readonly findings: readonly Finding[];
  /** Outputs that are whole, by step name. */
  readonly outputs: ReadonlyMap<string, ActionRecord>;
}

/** `salt`: as in the steps' keys; undefined where it is not known. */
export async function verifySteps(
  layout: Layout,
  steps: readonly RecordedStep[],
  salt: string | null | undefined,
): Promise<VerifiedSteps> {
  const findings: Finding[] = [];
  const outputs = new Map<string, ActionRecord>();
  const seen = new Set<string>();
  for (const { name, key } of steps) {
    const { finding, action } = await verifyAction(layout, key, partOf(name), salt);
    findings.push(finding);
    if (action === null) continue;
    outputs.set(name, action);
    for (const ref of artifactsIn(action.output)) {
      if (seen.has(ref.sha256)) continue;
      seen.add(ref.sha256);
      findings.push(await releasedOr(layout, ref, await verifyObject(layout, ref, partOf(name))));
    }
    findings.push(...(await verifyWeights(layout, action, partOf(name))));
  }
  return { findings, outputs };
}

/** `contrast 0-2` -> `training contrast`. */
function partOf(step: string): string {
  if (step === 'prepare') return 'data set';
  if (step === 'evaluate') return 'evaluation';
  if (step === 'initial-flow') return 'initial flow';
  const [first, second] = step.split(' ');
  return first === 'export' ? `models of ${second}` : `training ${first}`;
}

export function verifyObject(
  { objects }: Layout,
  { sha256, bytes }: Pick<ArtifactRef, 'sha256' | 'bytes'>,
  part: string,
): Promise<Finding> {
  const named = /^[0-9a-f]{64}$/.test(sha256);
  const file = `.store/objects/${sha256.slice(0, 2)}/${sha256}`;
  if (!named)
    return Promise.resolve({
      file: '.store/objects',
      state: 'differs',
      part,
      expected: null,
      found: null,
      note: `an artifact is named ${JSON.stringify(sha256.slice(0, 80))}`,
    });
  return compared({ path: join(objects, sha256.slice(0, 2), sha256), file, within: null }, part, {
    sha256,
    bytes,
  });
}

/** What nothing names but the step that made it may have been released since. */
async function releasedOr({ released }: Layout, ref: ArtifactRef, finding: Finding): Promise<Finding> {
  const isReleased = finding.state === 'missing' && (await new ReleaseMarks(released).has(ref));
  return isReleased ? { ...finding, state: 'released' } : finding;
}

async function verifyAction(
  { actions }: Layout,
  key: string,
  part: string,
  salt: string | null | undefined,
): Promise<{ finding: Finding; action: ActionRecord | null }> {
  const about = { file: `.store/actions/${key}.json`, part, expected: null };
  if (!/^[0-9a-f]{64}$/.test(key))
    return {
      finding: {
        ...about,
        file: '.store/actions',
        state: 'differs',
        found: null,
        note: `a step's key is ${JSON.stringify(key.slice(0, 80))}`,
      },
      action: null,
    };
  const path = join(actions, `${key}.json`);
  const content = await contentOf(path, null);
  const found = content === 'no file' ? null : content;
  if (content === null) return { finding: { ...about, found, state: 'missing' }, action: null };
  const action = decodeAction((await textOf(path, null)) ?? '');
  if (action === null)
    return {
      finding: { ...about, found, state: 'differs', note: 'its content does not match the hash it carries' },
      action,
    };
  const rederived = salt === undefined ? null : await rederivedKey(actions, action, salt);
  const note =
    rederived === key
      ? undefined
      : 'its key was not derived again: code, versions or threads it was made with are not remembered';
  return { finding: { ...about, found, state: 'ok', ...(note !== undefined && { note }) }, action };
}

/** Of what was asked for, under the circumstances it was computed in; earlier versions kept the last ones
 *  alone. */
async function rederivedKey(
  actions: string,
  { activity, spec, circumstances }: ActionRecord,
  salt: string | null,
): Promise<string | null> {
  const asked = { activity: activity as Step['activity'], spec, salt };
  if (circumstances) return cacheKey(asked, circumstances);
  const family = decodeAction((await textOf(join(actions, `${familyKey(asked)}.json`), null)) ?? '');
  return family && cacheKey(asked, family.output as StepEnvironment);
}

/** Every segment says which weights its checkpoint holds; a checkpoint that is not whole has been found
 *  already. */
async function verifyWeights(
  { objects }: Layout,
  { activity, output }: ActionRecord,
  part: string,
): Promise<Finding[]> {
  if (activity !== 'train-segment') return [];
  const {
    checkpoint: { sha256, bytes },
    weights,
  } = output as SegmentResult;
  const derived = await rederiveWeights(join(objects, sha256.slice(0, 2), sha256), sha256, weights);
  if (derived === null || derived) return [];
  return [
    {
      file: `.store/objects/${sha256.slice(0, 2)}/${sha256}`,
      state: 'differs',
      part,
      expected: { sha256, bytes },
      found: { sha256, bytes },
      note:
        `the hashes of its weights are not the remembered ${weights.raw} (raw) and ${weights.averaged} `
        + '(averaged)',
    },
  ];
}
