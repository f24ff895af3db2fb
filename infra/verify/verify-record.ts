/** run.json and request.json: sealed, and of one and the same run. */
import { join } from 'node:path';
import { canonicalHash } from '../../activities/canonical-hash.ts';
import type { StoredRequest } from '../../activities/contracts.ts';
import { requestFile } from '../../activities/record-request.ts';
import type { RunRecord } from '../../activities/run-record.ts';
import { unsealed } from '../../activities/sealed-json.ts';
import type { Layout } from '../layout.ts';
import { contentOf, textOf, type Finding } from './finding.ts';

export interface Records {
  /** null: missing, or not as it was written: what it says of others is not to be gone by. */
  readonly record: Partial<RunRecord> | null;
  readonly stored: StoredRequest | null;
  readonly findings: readonly Finding[];
}

export async function verifyRecords({ out }: Layout, id: string): Promise<Records> {
  const run = await readSealed(out, `${id}/run.json`, 'record');
  const request = await readSealed(out, `${id}/${requestFile}`, 'request');
  const record = run.value as Partial<RunRecord> | null;
  const stored = request.value as StoredRequest | null;
  return { record, stored, findings: [run.finding, against(request.finding, record, stored)] };
}

async function readSealed(out: string, file: string, part: string): Promise<{ value: object | null; finding: Finding }> {
  const text = await textOf(join(out, file));
  const found = await contentOf(join(out, file));
  const about = { file, part, expected: null, found: found === 'no file' ? null : found };
  if (text === null) return { value: null, finding: { ...about, state: found === null ? 'missing' : 'differs', ...found !== null && { note: 'it is not a file of a size it can have' } } };
  const value = parsed(text);
  if (value === null) return { value, finding: { ...about, state: 'differs', note: `it is not a JSON object${unknownThen(part)}` } };
  const whole = text.endsWith('\n') && unsealed(text.slice(0, -1), 2) !== null;
  if (whole) return { value, finding: { ...about, state: 'ok' } };
  if (!('sha256' in value)) return { value, finding: { ...about, state: 'unlisted', note: 'it carries no hash of itself, as in earlier versions' } };
  return { value: null, finding: { ...about, state: 'differs', note: `its content does not match the hash it carries${unknownThen(part)}` } };
}

const unknownThen = (part: string): string => part === 'record' ? '; what the run\'s other files should be is not known without it' : '';

/** A request that is whole may still be another run's. */
function against(finding: Finding, record: Partial<RunRecord> | null, stored: StoredRequest | null): Finding {
  if (record?.config === undefined || stored?.request?.config === undefined || finding.state === 'differs') return finding;
  const { runId, experiment, config } = stored.request;
  const same = runId === record.id && experiment === record.experiment && canonicalHash(config) === canonicalHash(record.config);
  return same ? finding : { ...finding, state: 'differs', note: 'its run, experiment or configuration is not that of run.json' };
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
