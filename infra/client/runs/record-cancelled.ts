/** The records of runs and sweeps whose executions were ended on the server, and cannot say so themselves. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { WorkflowExecutionDescription } from '@temporalio/client';
import { dataFile } from '../../../activities/disk/file-inside.ts';
import { sealed } from '../../../activities/formats/sealed-json.ts';
import { sweepFile, sweepText } from '../../../activities/sweep/sweep-record.ts';
import { writeAtomically } from '../../store/atomic-write.ts';
import { readRecord } from '../records/run-records.ts';
import { sweepIn } from '../records/sweep-records.ts';

/** One that has recorded nothing yet stays known from its request alone. */
export async function recordCancelled(
  out: string,
  tree: readonly WorkflowExecutionDescription[],
): Promise<void> {
  const end = { status: 'cancelled', finishedAt: new Date().toISOString() } as const;
  for (const { workflowId, type } of tree) {
    if (type === 'reproduce') await recordRun(out, workflowId, end);
    if (type === 'sweep') await recordSweep(out, workflowId, end);
  }
}

async function recordRun(out: string, id: string, end: object): Promise<void> {
  const file = await dataFile(out, id, 'run.json');
  if (file === null || (await readRecord(out, id))?.status !== 'running') return;
  const record = JSON.parse(await readFile(file.path, 'utf8')) as object;
  await writeAtomically(file.path, `${sealed({ ...record, ...end }, 2)}\n`);
}

async function recordSweep(
  out: string,
  id: string,
  end: { readonly status: 'cancelled'; readonly finishedAt: string },
): Promise<void> {
  const record = await sweepIn(out, id);
  if (record?.status === 'running')
    await writeAtomically(join(out, id, sweepFile), sweepText({ ...record, ...end }));
}
