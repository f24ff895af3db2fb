/** What of a run lies on the disk, by kind, and why it is kept: its folder, and what its steps read and made
 *  in the store. Each file counts once. */
import { lstat, readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { RunRecord } from '../../activities/record/run-record.ts';
import { runFolder, type Layout } from '../store/layout.ts';
import { inputsIn } from '../lineage/parts-of.ts';
import type { ActionRecord } from '../store/action-record.ts';

/** In the order in which they are listed. */
export const keptFor = {
  data: 'the prepared data set, which trainings and evaluations read; runs of the same data share it',
  checkpoints:
    'the last of each training, which is its result, and those that a rollback or `resume` may go '
    + 'back to; checkpoints.keep says how many',
  curves: "lines of metrics and times, and TensorBoard's events made of them",
  onnx: "the exported models, to be found again by other runs and with this run's name in its folder",
  features:
    'the network that images are compared in, and the statistics of the data in it; runs of the same '
    + 'data share them',
  samples: 'pictures, samples and densities of evaluation, which the report shows',
  report: 'the page that people read',
  record:
    'what was asked for, computed and decided, with the histories of the workflows, so that '
    + '`verify`, `explain` and `resume` need no server',
} as const;
export type KeptKind = keyof typeof keptFor;

export interface Kept {
  readonly kind: KeptKind;
  readonly files: number;
  readonly bytes: number;
  readonly reason: string;
}

/** A file with two names is one. */
interface Found {
  readonly inode: string;
  readonly kind: KeptKind;
  readonly bytes: number;
}

type Recorded = Pick<RunRecord, 'id'> & Partial<Pick<RunRecord, 'steps'>>;

/** What is not there any more counts nothing. */
export async function keptFiles(layout: Layout, { id, steps = [] }: Recorded): Promise<Kept[]> {
  const inStore = (await Promise.all(steps.map(({ key }) => namedBy(layout, key)))).flat();
  const stored = new Map(inStore.map((one) => [one.sha256, one.kind]));
  const found = [
    ...(await Promise.all(
      [...stored].map(([sha256, kind]) => look(join(layout.objects, sha256.slice(0, 2), sha256), kind)),
    )),
    ...(await inFolder(runFolder(layout, id))),
  ].filter((one) => one !== null);
  const files = [...new Map(found.toReversed().map((one) => [one.inode, one])).values()];
  return (Object.keys(keptFor) as KeptKind[]).flatMap((kind) => {
    const own = files.filter((one) => one.kind === kind);
    return own.length === 0
      ? []
      : [
          {
            kind,
            files: own.length,
            bytes: own.reduce((sum, { bytes }) => sum + bytes, 0),
            reason: keptFor[kind],
          },
        ];
  });
}

/** Artifacts that a remembered step was given and made; none where the store has forgotten it, or its file is
 *  damaged, which `verify` says. */
async function namedBy(
  layout: Layout,
  key: string,
): Promise<{ readonly sha256: string; readonly kind: KeptKind }[]> {
  const action = await readFile(join(layout.actions, `${key}.json`), 'utf8')
    .then(
      (text) => JSON.parse(text) as ActionRecord | null,
      () => null,
    )
    .catch(() => null);
  if (typeof action !== 'object' || action === null) return [];
  const { activity, spec, output } = action;
  return [...inputsIn(spec), ...inputsIn(output)].flatMap(({ path, ref: { sha256 } }) => [
    { sha256, kind: kindOf(activity, path) },
  ]);
}

/** By the place of an artifact in what was asked for or made, and by what made it. */
function kindOf(activity: string, path: string): KeptKind {
  if (/(^|\.)dataset\./.test(path) || activity === 'prepare-dataset') return 'data';
  if (/(^|\.)(checkpoint|initialFlow)$/.test(path)) return 'checkpoints';
  if (/^metrics$/.test(path)) return 'curves';
  if (/^features\./.test(path) || ['prepare-features', 'feature-statistics'].includes(activity))
    return 'features';
  return activity === 'export-models' || /^(models|samplers)\./.test(path) ? 'onnx' : 'samples';
}

/** Of a run's folder, by the name of the file or of the folder it is in. */
const places: readonly (readonly [RegExp, KeptKind])[] = [
  [/^dataset\./, 'data'],
  [/^checkpoints\//, 'checkpoints'],
  [/^(metrics|timings)\.jsonl$|^(tensorboard|diverged)\//, 'curves'],
  [/^onnx\//, 'onnx'],
  [/^(evaluation|samples)\//, 'samples'],
  [/^report\.html$/, 'report'],
];

async function inFolder(folder: string): Promise<(Found | null)[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => []);
  return Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map((entry) => {
        const path = join(entry.parentPath, entry.name);
        return look(path, places.find(([pattern]) => pattern.test(relative(folder, path)))?.[1] ?? 'record');
      }),
  );
}

async function look(path: string, kind: KeptKind): Promise<Found | null> {
  const found = await lstat(path).catch(() => null);
  return found?.isFile() ? { inode: `${found.dev} ${found.ino}`, kind, bytes: found.size } : null;
}
