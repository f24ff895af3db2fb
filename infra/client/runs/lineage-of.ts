import { layoutOf } from '../../store/layout.ts';
import type { Lineage } from '../../lineage/lineage.ts';
import { readRemembered } from '../../lineage/read-remembered.ts';
import { traceRun } from '../../lineage/trace-run.ts';
import { findRun, readRecord, readRecords } from '../records/run-records.ts';

/** Of a run by its name; needs no server. */
export async function lineageOf(out: string, name: string): Promise<Lineage> {
  const id = await findRun(out, name);
  const record = (await readRecord(out, id))!;
  return traceRun(record, await readRecords(out), await readRemembered(layoutOf(out).actions));
}
