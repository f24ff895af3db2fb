/** What a compute job is expected to hold at its peak: host memory in bytes, and on a GPU device memory. The
 *  one place that knows it. `models/` counts parameters and activations; each term here says what stands for
 *  them in the process. */
import { statSync } from 'node:fs';
import type { ComputeJobs, JobName } from '../../activities/ports/compute.ts';
import type { TrainingSpec } from '../../activities/contracts/training.ts';
import { trainingSize, type TrainingSize } from '../../models/fce/training-size.ts';
import type { JobOf } from './protocol.ts';
import { mostInGraph } from './training-data.ts';

/** Bytes of a float32. */
const width = 4;
const mega = 1e6;

/** Terms of the formula. The first ones were fitted to VmHWM of trainings on 2 cores: a quick Glow (batch 64)
 *  731 MB expected and 687 seen, one of 3 x 2 steps of width 512 816 and 827 (batch 8), 900 and 851 (batch
 *  32); at the paper's size (3 x 32 steps, width 512, batch 64, nets computed again) likelihood held 3.2 GB
 *  and the contrast 4.6, where 3.7 and 5.4 are expected. Those of GPU, export and evaluation are guesses from
 *  above. */
export const terms = {
  /** Node with TensorFlow's library loaded (490 to 510 MB), and the code that records and prepares a
   *  graph. */
  tensorflowBase: 580 * mega,
  /** The same with CUDA's libraries, whose code and buffers are in host memory too. */
  tensorflowGpuBase: 3500 * mega,
  /** Node with onnxruntime's library loaded. */
  onnxruntimeBase: 260 * mega,
  /** Vectors a player keeps: weights, two moments, average. */
  vectorsOfPlayer: 4,
  /** Further vectors of the moving player's length in an update: gradient, its parts, clipped, new values of
   *  the four. */
  vectorsOfUpdate: 8,
  /** Copies of the whole state beside the variables while they are first assigned: values, and tensors that
   *  are fed. */
  copiesAtStart: 2,
  /** The same while a checkpoint is read or written: tensors, arrays, and the file's bytes. */
  copiesOfCheckpoint: 3,
  /** Copies of data that are a variable of the graph: the array that is read, the tensor fed, the variable.
   *  Larger sets stay in their file. */
  copiesOfData: 3,
  /** Share of what the backward pass is said to keep that is there at once: TensorFlow drops some early, and
   *  holds some gradients late. */
  activations: 1.3,
  /** A recorded and loaded layer, with its operations' gradients, in one shard. */
  layer: 0.55 * mega,
  /** Weights in an exported file beside those read, as the graph is built and encoded. */
  copiesOfExport: 5,
  /** A model in onnxruntime: its file, its weights, and those packed for the kernels. */
  copiesOfModel: 3,
  /** Activations in onnxruntime for one datum of a batch, by the numbers of the datum. */
  activationsOfDatum: 400,
  /** Arrays over all samples: latents, samples, features, and their float64 forms. */
  copiesOfSamples: 4,
  /** Most numbers of a feature network's output, whose covariances are float64 matrices; Inception's. */
  features: 2048,
  covariances: 6,
} as const;

/** Where a job runs. */
export interface TrainingPlace {
  /** Shares of a batch side by side. */
  readonly shards: number;
  readonly gpu: boolean;
}

/** Host memory at the peak, bytes. */
export function expectedMemory<K extends JobName>(name: K, job: JobOf<K>, place: TrainingPlace): number {
  switch (name) {
    case 'train-segment': {
      const { spec, files } = job as JobOf<'train-segment'>;
      return expectedOfTraining(
        spec,
        { train: sizeOfFiles([files.train]), test: sizeOfFiles([files.test]) },
        place,
      ).host;
    }
    case 'export-models':
      return baseOf(place) + terms.copiesOfExport * sizeOfFiles([(job as JobOf<'export-models'>).checkpoint]);
    case 'prepare-initial-flow':
      return (
        baseOf(place) + terms.copiesOfExport * sizeOfFiles([(job as JobOf<'prepare-initial-flow'>).file])
      );
    default:
      return expectedOfEvaluation(name, job as JobOf<Evaluation>);
  }
}

export interface TrainingMemory {
  readonly host: number;
  /** On a GPU: variables, update and activations. */
  readonly device: number;
}

/** `files`: bytes of the prepared data. */
export function expectedOfTraining(
  spec: Pick<TrainingSpec, 'config' | 'models' | 'dataset'>,
  files: { readonly train: number; readonly test: number },
  place: TrainingPlace,
): TrainingMemory {
  const size = trainingSize(spec.config, spec.models, spec.dataset.shape);
  const state = expectedState(size);
  const step = stepBytes(size, spec.config);
  const isInGraph = spec.dataset.shape.length === 1 || files.train <= mostInGraph;
  const dataBytes = files.test + (isInGraph ? files.train : 0);
  const data = terms.copiesOfData * dataBytes;
  const graph = terms.layer * size.layers * place.shards;
  const moving = Math.max(terms.copiesAtStart, terms.copiesOfCheckpoint) * state;
  const device = state + step + dataBytes;
  if (place.gpu) return { device, host: baseOf(place) + graph + data + moving };
  return { device: 0, host: baseOf(place) + graph + data + state + Math.max(step, moving) };
}

/** What a checkpoint holds, bytes: four vectors of each player, and the reference. */
export const expectedState = ({ players, reference }: TrainingSize): number =>
  width
  * (terms.vectorsOfPlayer * Object.values(players).reduce((sum, params) => sum + params, 0) + reference);

/** Update and activations of the largest step. A batch that is cut has one part's at a time. */
function stepBytes(
  { players, kept, passing }: TrainingSize,
  { microBatch, batchSize }: TrainingSpec['config'],
): number {
  const atOnce = microBatch ?? batchSize;
  return (
    width
    * (terms.vectorsOfUpdate * Math.max(...Object.values(players))
      + terms.activations * atOnce * (kept + passing))
  );
}

const baseOf = ({ gpu }: TrainingPlace): number => (gpu ? terms.tensorflowGpuBase : terms.tensorflowBase);

type Evaluation = Exclude<JobName, 'train-segment' | 'export-models' | 'prepare-initial-flow'>;

function expectedOfEvaluation(name: Evaluation, job: JobOf<Evaluation>): number {
  const files = filesOf(name, job);
  const { samples, batch, numbers } = countsOf(name, job);
  return (
    terms.onnxruntimeBase
    + terms.copiesOfModel * sizeOfFiles(files)
    + width * batch * numbers * terms.activationsOfDatum
    + terms.copiesOfSamples * width * samples * numbers
    + (measuresFeatures(name, job) ? 2 * width * terms.covariances * terms.features ** 2 : 0)
  );
}

const measuresFeatures = (name: Evaluation, job: JobOf<Evaluation>): boolean =>
  name === 'feature-statistics' || ('features' in job && job.features !== null);

/** Of models and of data that are held whole. */
function filesOf(name: Evaluation, job: JobOf<Evaluation>): (string | null)[] {
  switch (name) {
    case 'evaluate-images':
    case 'evaluate-density': {
      const { models, samplers } = job as ComputeJobs['evaluate-density']['job'];
      const features =
        name === 'evaluate-images' ? (job as ComputeJobs['evaluate-images']['job']).features : null;
      return [...Object.values(models), ...Object.values(samplers), features?.network ?? null];
    }
    case 'prepare-features':
      return [(job as ComputeJobs['prepare-features']['job']).file];
    case 'feature-statistics':
      return [(job as ComputeJobs['feature-statistics']['job']).network];
    case 'draw-samples':
      return [(job as ComputeJobs['draw-samples']['job']).sampler];
  }
}

function countsOf(
  name: Evaluation,
  job: JobOf<Evaluation>,
): { readonly samples: number; readonly batch: number; readonly numbers: number } {
  const numbers = 'shape' in job ? job.shape.reduce((a, b) => a * b, 1) : 2;
  switch (name) {
    case 'evaluate-images': {
      const { samples, batchSize } = (job as ComputeJobs['evaluate-images']['job']).evaluation;
      return { samples, batch: batchSize, numbers };
    }
    case 'feature-statistics':
      return { samples: 0, batch: (job as ComputeJobs['feature-statistics']['job']).batchSize, numbers };
    case 'evaluate-density':
      return {
        samples: (job as ComputeJobs['evaluate-density']['job']).evaluation.gridSize ** 2,
        batch: 1000,
        numbers,
      };
    default:
      return { samples: 100, batch: 100, numbers };
  }
}

/** What is missing has no size: whoever opens it says so. */
const sizeOfFiles = (files: readonly (string | null)[]): number =>
  files.reduce(
    (sum, file) => sum + (file === null ? 0 : (statSync(file, { throwIfNoEntry: false })?.size ?? 0)),
    0,
  );
