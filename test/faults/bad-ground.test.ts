/** What a command stands on is not as it should be: folders that take no files, ports that others have,
 *  models and native libraries that are missing or not whole. */
import { faultRow } from '../support/faults/fault-row.ts';
import { folderCases } from '../support/faults/ground/folder-cases.ts';
import type { GroundCase } from '../support/faults/ground/ground-case.ts';
import { completedRun, onnxCases, type CompletedRun } from '../support/faults/ground/onnx-cases.ts';
import { partCases } from '../support/faults/ground/part-cases.ts';
import { portCases } from '../support/faults/ground/port-cases.ts';
import { temporaryFolder } from '../support/folders.ts';
import { noTemporal } from '../support/temporal.ts';

let made: Promise<CompletedRun> | null = null;
const completed = (): Promise<CompletedRun> => (made ??= completedRun(temporaryFolder('bad-ground')));

/** The first of each kind, and then the others: the short form has one of each. */
const kinds = [folderCases, portCases, onnxCases(completed), partCases];
const cases: readonly GroundCase[] = [
  ...kinds.flatMap(([first]) => first ?? []),
  ...kinds.flatMap(([, ...others]) => others),
];

faultRow(import.meta.url, {
  fault:
    'Read-only folders, ports in use, ONNX files cut short or changed, native parts missing or cut '
    + `short (${cases.length} cases)`,
  mustHold:
    'the documented exit code, one sentence with what, where and the remedy; nothing half-written, '
    + 'nobody left at work; once it is repaired, the run goes on',
  trials: { short: kinds.length, long: cases.length },
  skip: noTemporal,
  timeoutMs: 240_000,
  trial: async ({ number, folder }) => {
    const { kind, name, hold } = cases[number]!;
    await hold(folder).catch((error: Error) => {
      error.message = `${name}: ${error.message}`;
      throw error;
    });
    return { counts: { [kind]: 1 } };
  },
});
