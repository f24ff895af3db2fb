/** A training's data in its program's variables, taken from the files of a prepared data set. */
import { takeArray, type Safetensors } from '../../activities/safetensors.ts';
import { checkLabels } from '../../models/classifier/classifier.ts';
import type { Training } from '../../models/fce/training.ts';
import type { TrainingConfig } from '../../models/fce/training-schema.ts';
import type { Values } from '../../models/tensors.ts';

export interface DataFile {
  readonly path: string;
  readonly content: Safetensors;
}
export type DataFiles = Readonly<Record<'train' | 'test', DataFile>>;

const sources: Readonly<Record<string, { readonly file: keyof DataFiles; readonly array: string; readonly end?: true }>> = {
  data: { file: 'train', array: 'x' },
  // Set aside: `data` is as much shorter.
  'probe.heldOut': { file: 'train', array: 'x', end: true },
  'data.labels': { file: 'train', array: 'labels' },
  'probe.x': { file: 'test', array: 'x' },
  'probe.logDensity': { file: 'test', array: 'logDensity' },
  'probe.labels': { file: 'test', array: 'labels' },
};

/** Held-out points or images a training's probe looks at: all whose log-density is known, and as many images as it asks for. */
export function heldOutCount(config: TrainingConfig, { test: { content: { arrays } } }: DataFiles): number {
  return 'heldOutImages' in config ? Math.min(config.heldOutImages, arrays.x?.shape[0] ?? 0) : arrays.logDensity?.shape[0] ?? 0;
}

/** Values of every variable that holds data: the first rows of its array, or the last. Throws SafetensorsError where a file lacks one, DataError
 *  for a label that is no class. */
export function trainingData({ program, config }: Training, files: DataFiles): Record<string, Values> {
  return Object.fromEntries(Object.entries(program.variables).flatMap(([name, { shape, dtype }]) => {
    const source = sources[name];
    if (source === undefined) return [];
    const { path, content } = files[source.file];
    const all = takeArray(content, source.array, dtype, path).values;
    const size = shape.reduce((a, b) => a * b, 1);
    const values = source.end ? all.subarray(all.length - size) : all.subarray(0, size);
    if (config.method === 'classifier' && source.array === 'labels') checkLabels(values, config.model.classes);
    return [[name, values]];
  }));
}
