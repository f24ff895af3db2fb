/** Every hash of a run, derived again from the bytes that lie there; needs no server. */
import type { Layout } from '../store/layout.ts';
import type { Content, Finding } from './finding.ts';
import { remedyOf } from './remedies.ts';
import { unlistedFiles, verifyFiles, verifyMetrics } from './verify-folder.ts';
import { verifyHistories } from './verify-histories.ts';
import { verifyRecords } from './verify-record.ts';
import { verifySteps } from './verify-steps.ts';

export interface Verification {
  readonly run: string;
  /** As recorded; null where the record cannot be read. */
  readonly status: string | null;
  /** Nothing is missing and nothing differs. */
  readonly holds: boolean;
  readonly findings: readonly Finding[];
  /** Parts of the run in which something is missing or differs. */
  readonly affected: readonly string[];
  /** One sentence for each thing to do. */
  readonly remedies: readonly string[];
}

export async function verifyRun(layout: Layout, id: string, invocation: string): Promise<Verification> {
  const { record, stored, findings: ofRecords } = await verifyRecords(layout, id);
  const steps = Array.isArray(record?.steps) ? record.steps : [];
  const fresh = stored?.request?.fresh;
  const { findings: ofSteps, outputs } = await verifySteps(
    layout,
    steps,
    fresh === undefined ? undefined : fresh ? id : null,
  );
  const metrics =
    record?.trainings && Object.keys(record.trainings).length > 0
      ? await verifyMetrics(layout, id, steps, outputs)
      : null;
  const dataset =
    record?.dataset && (outputs.get('prepare')?.output as { train: Content; test: Content } | undefined);
  const listed = [
    ...ofRecords,
    ...(record ? await verifyFiles(layout, id, record) : []),
    ...(metrics ? [metrics] : []),
    ...ofSteps,
    ...(await verifyHistories(layout, id)),
  ];
  if (
    dataset
    && record.dataset
    && (dataset.train.sha256 !== record.dataset.trainSha256
      || dataset.test.sha256 !== record.dataset.testSha256)
  ) {
    listed.push({
      file: `${id}/run.json`,
      state: 'differs',
      part: 'data set',
      expected: dataset.train,
      found: null,
      note: 'its data set is not the one that its first step made',
    });
  }
  const findings = [
    ...oneForEach(listed),
    ...(record ? await unlistedFiles(layout, id, new Set(listed.map(({ file }) => file))) : []),
  ];
  const bad = findings.filter(({ state }) => state === 'missing' || state === 'differs');
  return {
    run: id,
    status: record?.status ?? null,
    holds: bad.length === 0,
    findings,
    affected: [...new Set(bad.map(({ part }) => part))],
    remedies: [
      ...new Set(
        bad.map((finding) =>
          remedyOf(finding, { id, command: record?.command ?? stored?.request?.command ?? null, invocation }),
        ),
      ),
    ],
  };
}

/** A file that several things speak of is named once, with the worst that was found. */
function oneForEach(findings: readonly Finding[]): Finding[] {
  const worst = new Map<string, Finding>();
  for (const finding of findings) {
    const known = worst.get(finding.file);
    if (known === undefined || (known.state === 'ok' && finding.state !== 'ok'))
      worst.set(finding.file, finding);
  }
  return [...worst.values()];
}
