/** run.json and request.json: sealed, and of one and the same run. */
import { join } from 'node:path';
import { z } from 'zod';
import { canonicalHash } from '../../activities/formats/canonical-hash.ts';
import type { StoredRequest } from '../../activities/contracts/run.ts';
import { requestFile } from '../../activities/record/record-request.ts';
import type { RunRecord } from '../../activities/record/run-record.ts';
import { unsealed } from '../../activities/formats/sealed-json.ts';
import type { Layout } from '../store/layout.ts';
import { contentOf, textOf, type Finding } from './finding.ts';

export interface Records {
  /** null: missing, or not as it was written: what it says of others is not to be gone by. */
  readonly record: Partial<RunRecord> | null;
  readonly stored: StoredRequest | null;
  readonly findings: readonly Finding[];
}

export async function verifyRecords({ out }: Layout, id: string): Promise<Records> {
  const run = await readSealed(out, id, 'run.json', 'record');
  const request = await readSealed(out, id, requestFile, 'request');
  const record = run.value as Partial<RunRecord> | null;
  const stored = request.value as StoredRequest | null;
  return { record, stored, findings: [run.finding, against(request.finding, record, stored)] };
}

const named = z.array(z.looseObject({ name: z.string(), sha256: z.string(), bytes: z.number() }));
/** What is looked at, of any version. */
const forms = {
  record: z.looseObject({
    experiment: z.string(),
    status: z.string(),
    startedAt: z.string(),
    artifacts: named.optional(),
    files: named.optional(),
    steps: z.array(z.looseObject({ name: z.string(), key: z.string() })).optional(),
    trainings: z
      .record(
        z.string(),
        z.looseObject({ weightsSha256: z.looseObject({ raw: z.string(), averaged: z.string() }) }),
      )
      .optional(),
    experimentFile: z
      .looseObject({ path: z.string(), copy: z.string(), sha256: z.string(), bytes: z.number() })
      .optional(),
    dataset: z.looseObject({ trainSha256: z.string(), testSha256: z.string() }).nullish(),
  }),
  request: z.looseObject({
    request: z.looseObject({
      runId: z.string(),
      experiment: z.string(),
      startedAt: z.string(),
      features: z.string().nullish(),
      config: z.looseObject({ dataset: z.looseObject({}), baselines: z.looseObject({}) }),
    }),
  }),
};

async function readSealed(
  out: string,
  id: string,
  name: string,
  part: keyof typeof forms,
): Promise<{ value: object | null; finding: Finding }> {
  const [path, folder] = [join(out, id, name), join(out, id)];
  const text = await textOf(path, folder);
  const found = await contentOf(path, folder);
  const about = { file: `${id}/${name}`, part, expected: null, found: found === 'no file' ? null : found };
  if (text === null)
    return {
      value: null,
      finding: {
        ...about,
        state: found === null ? 'missing' : 'differs',
        ...(found !== null && { note: 'it is not a file of a size it can have' }),
      },
    };
  const value = parsed(text);
  if (!forms[part].safeParse(value).success)
    return {
      value: null,
      finding: { ...about, state: 'differs', note: `it is not the ${part} of a run${unknownThen(part)}` },
    };
  const whole = text.endsWith('\n') && unsealed(text.slice(0, -1), 2) !== null;
  if (whole) return { value, finding: { ...about, state: 'ok' } };
  if (!('sha256' in value!))
    return {
      value,
      finding: { ...about, state: 'unlisted', note: 'it carries no hash of itself, as in earlier versions' },
    };
  return {
    value: null,
    finding: {
      ...about,
      state: 'differs',
      note: `its content does not match the hash it carries${unknownThen(part)}`,
    },
  };
}

const unknownThen = (part: string): string =>
  part === 'record' ? "; what the run's other files should be is not known without it" : '';

/** A request that is whole may still be another run's. */
function against(finding: Finding, record: Partial<RunRecord> | null, stored: StoredRequest | null): Finding {
  if (record?.config === undefined || stored?.request?.config === undefined || finding.state === 'differs')
    return finding;
  const { runId, experiment, config, amended = [] } = stored.request;
  // with other settings it was asked for and has recorded nothing yet
  const before = amended.slice(-1).map((one) => ({ ...config, [one.training]: one.before }));
  const same =
    runId === record.id
    && experiment === record.experiment
    && [config, ...before].some((one) => canonicalHash(one) === canonicalHash(record.config));
  return same
    ? finding
    : { ...finding, state: 'differs', note: 'its run, experiment or configuration is not that of run.json' };
}

function parsed(text: string): object | null {
  try {
    const value = JSON.parse(text) as unknown;
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : null;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RangeError) return null;
    throw error;
  }
}
