/** A training's data: what of a prepared data set is put into its program's variables, and the rows its steps
 *  are fed from the file. */
import type { ArtifactRef } from '../../activities/contracts/artifact.ts';
import type { SafetensorsFile, StoredRows } from '../../activities/formats/safetensors-file.ts';
import { ShapeError } from '../../models/core/errors.ts';
import { checkLabels } from '../../models/classifier/classifier.ts';
import { dataSpec, dimOf, isImage, type DataForm } from '../../models/training/batch.ts';
import type { CreatedTraining } from '../../models/create-training.ts';
import type { TrainingConfig } from '../../models/training-schema.ts';
import type { TensorSpec, Values } from '../../models/core/tensors.ts';
import { damaged } from '../store/unusable-artifact.ts';

export type DataFiles = Readonly<Record<'train' | 'test', SafetensorsFile>>;

/** Bytes of the largest set of images that becomes a variable of the graph: CIFAR-10 has 150 MB, SVHN 225 MB.
 *  On its way into the variable a set is in memory four times (read, copied for TensorFlow, its tensor, the
 *  variable): the largest one makes a gigabyte of it for a moment. A larger set stays in its file. Its steps
 *  are fed their rows, and the system's page cache is the only memory it takes. */
export const mostInGraph = 256 * 2 ** 20;

/** Whether steps are fed their rows: a matter of the set's size alone, for it changes no result. */
export const isFed = (form: Pick<DataForm, 'shape' | 'count'>, most = mostInGraph): boolean =>
  isImage(form) && form.count * dimOf(form) > most;

const sources: Readonly<
  Record<string, { readonly file: keyof DataFiles; readonly array: string; readonly end?: true }>
> = {
  data: { file: 'train', array: 'x' },
  // Set aside: `data` is as much shorter.
  'probe.heldOut': { file: 'train', array: 'x', end: true },
  'data.labels': { file: 'train', array: 'labels' },
  'probe.x': { file: 'test', array: 'x' },
  'probe.logDensity': { file: 'test', array: 'logDensity' },
  'probe.labels': { file: 'test', array: 'labels' },
};

/** Held-out points or images a training's probe looks at: all whose log-density is known, and as many images
 *  as it asks for. */
export function heldOutCount(config: TrainingConfig, { test: { arrays } }: DataFiles): number {
  return 'heldOutImages' in config
    ? Math.min(config.heldOutImages, arrays.x?.shape[0] ?? 0)
    : (arrays.logDensity?.shape[0] ?? 0);
}

/** Values of every variable that holds data: the first rows of its array, or the last. Throws
 *  SafetensorsError where a file lacks one, ShapeError where its rows are no images of this training,
 *  DataError for a label that is no class. */
export function trainingData({ program, config }: CreatedTraining, files: DataFiles): Record<string, Values> {
  return Object.fromEntries(
    Object.entries(program.variables).flatMap(([name, spec]) => {
      const source = sources[name];
      if (source === undefined) return [];
      const rows = rowsFor(spec, files[source.file], source.array);
      const count = spec.shape[0]!;
      const values: Values = source.end ? rows.read(rows.count - count, rows.count) : rows.read(0, count);
      if (config.method === 'classifier' && source.array === 'labels')
        checkLabels(values, config.model.classes);
      return [[name, values]];
    }),
  );
}

function rowsFor(
  { shape: [count, ...row], dtype }: TensorSpec,
  file: SafetensorsFile,
  array: string,
): StoredRows {
  const rows = file.rows(array, dtype);
  const width = row.reduce((a, b) => a * b, 1);
  if (rows.width === width && rows.count >= count!) return rows;
  throw new ShapeError(
    `Expected ${count} rows of ${width} values as "${array}" of ${file.name}, got ${rows.count} of `
      + `${rows.width}. Prepare the data set again.`,
  );
}

/** The training set's rows in its file, in the form of the variable `data`. */
export interface TrainingRows extends StoredRows {
  /** Whether the path still names the file that is read. */
  isAt(path: string): boolean;
  /** Throws StorageError where the file is not the artifact any more, in which case what was read of it may
   *  have been something else. */
  check(signal: AbortSignal): Promise<void>;
}

/** Throws SafetensorsError and ShapeError, as `trainingData`. */
export function trainingRows(
  { data }: CreatedTraining,
  file: SafetensorsFile,
  artifact: ArtifactRef,
): TrainingRows {
  let whole = file.stamp();
  return {
    ...rowsFor(dataSpec(data), file, 'x'),
    isAt: (path) => file.isAt(path),
    check: async (signal) => {
      const now = file.stamp();
      if (now === whole) return;
      if ((await file.hash(signal)) !== artifact.sha256) throw damaged(file.path, file.bytes, artifact);
      whole = now;
    },
  };
}
