/** `npm run bench`: steps of images and features for an FID against PyTorch where a Python has it, evaluation
 *  on the best execution provider against the CPU's, and training steps run op by op in tfjs against the same
 *  replayed as one graph; the same weights and data, in turns within one run, so that ratios are worth
 *  something on a busy machine. Prints a table, or JSON with --json. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { threads } from './one-thread-an-op.ts';
import '../compute/load-tensorflow.ts';
import { evaluationModels } from './evaluation-models.ts';
import { executionProviders } from './execution-providers.ts';
import { imageSteps, middling, paperSized, type ImageSize, type MeasuredImages } from './image-steps.ts';
import { inceptionFeatures } from './inception-features.ts';
import { median } from '../../models/metrics/median.ts';
import { pythonWith, Referee } from './referee.ts';
import { modelsSchema } from '../../models/fce/config.ts';
import { createTraining } from '../../models/create-training.ts';
import type { Training } from '../../models/training/training.ts';
import { initialize } from '../../models/training/initialize.ts';
import { trainingSchema } from '../../models/training-schema.ts';
import { firstCounters, updates, type TrainingContext, type Update } from '../../models/training/updates.ts';
import { EagerSession } from '../../models/graph/eager-session.ts';
import type { Session } from '../../models/graph/program.ts';
import { normal, uniform } from '../../models/core/random.ts';
import type { Values } from '../../models/core/tensors.ts';
import { openSession } from '../compute/replay-session.ts';

interface Step {
  readonly name: string;
  readonly flow: object;
  readonly shape: readonly number[];
  readonly batchSize: number;
  /** Timed runs of each; as many as it takes for a steady median. */
  readonly runs: number;
  /** Least ratio of eager to replay. */
  readonly atLeast: number;
}
const steps: readonly Step[] = [
  {
    name: 'Glow 32x32x3, 3 levels x 8 steps, width 128, one thread',
    flow: { kind: 'image', levels: 3, depth: 8, width: 128 },
    shape: [32, 32, 3],
    batchSize: 64,
    runs: 9,
    atLeast: 2.3,
  },
  {
    name: 'Glow 2-D, 10 couplings, width 64',
    flow: { kind: 'vector', couplings: 10, width: 64 },
    shape: [2],
    batchSize: 256,
    runs: 40,
    atLeast: 2.3,
  },
];
const warmUps = 2;
const seed = 1;

interface Measured {
  readonly step: string;
  readonly batchSize: number;
  readonly eagerMs: number;
  readonly replayMs: number;
  readonly ratio: number;
  readonly atLeast: number;
  /** Of a replayed update, what lies outside TensorFlow: inputs, metrics, the rules of divergence. */
  readonly betweenMs: number;
  /** Mean log-density of the last batch, nats. */
  readonly logProb: { readonly eager: number; readonly replay: number };
  readonly recordMs: number;
  readonly loadMs: number;
  readonly nodes: number;
}

function measure({ name, flow, shape, batchSize, runs, atLeast }: Step): Measured {
  const count = 1024;
  const config = trainingSchema.parse({
    method: 'mle',
    updates: 1000,
    batchSize,
    flow: { learningRate: 1e-3, warmupUpdates: 200 },
  });
  const models = modelsSchema.parse({ flow, ebm: shape.length === 3 ? { kind: 'conv' } : { kind: 'dense' } });
  const training = createTraining(config, models, { shape, count }, 0);
  const data = examples(training, count);
  const start = { data, ...initialize(training, { seed, initialFlow: null, data }) };
  const replaySession = openSession(training.program);
  const within: number[] = [];
  const [eager, replay] = [
    trainingContext(new EagerSession(training.program), training, start),
    trainingContext(timedCalls(replaySession, within), training, start),
  ];
  const times = { eager: [] as number[], replay: [] as number[] };
  const last = { eager: NaN, replay: NaN };
  for (let run = 0; run < warmUps + runs; run += 1) {
    for (const [kind, next] of [
      ['eager', eager],
      ['replay', replay],
    ] as const) {
      const began = performance.now();
      last[kind] = next();
      if (run >= warmUps) times[kind].push(performance.now() - began);
    }
  }
  const [eagerMs, replayMs] = [median(times.eager), median(times.replay)];
  const { recordMs, loadMs, nodeCount: nodes } = replaySession;
  const betweenMs = median(times.replay.map((ms, run) => ms - within[warmUps + run]!));
  return {
    step: name,
    batchSize,
    eagerMs,
    replayMs,
    ratio: eagerMs / replayMs,
    atLeast,
    betweenMs,
    logProb: last,
    recordMs,
    loadMs,
    nodes,
  };
}

/** The session, which notes how long each of its runs took. */
function timedCalls(session: Session, ms: number[]): Session {
  return {
    run: (name, inputs) => {
      const began = performance.now();
      const outputs = session.run(name, inputs);
      ms.push(performance.now() - began);
      return outputs;
    },
    assign: (values) => session.assign(values),
    read: (names) => session.read(names),
    pieces: (...asked) => session.pieces(...asked),
    dispose: () => session.dispose(),
  };
}

/** The next update's mean log-density, each time it is called. */
function trainingContext(
  session: Session,
  training: Training,
  start: Readonly<Record<string, Values>>,
): () => number {
  session.assign(start);
  const plan: TrainingContext = { seed, training: 'bench', noiseStream: 0, learningRateScale: 1 };
  const steps = updates(session, training, plan, firstCounters, training.config.updates);
  return () => Number((steps.next().value as Update).metrics.logProb);
}

function examples(training: Training, count: number): Values {
  const { dtype, shape } = training.program.variables.data!;
  const size = shape.reduce((a, b) => a * b, 1);
  const next = dtype === 'int32' ? uniform(seed, 'bench') : normal(seed, 'bench');
  if (dtype === 'int32') return Int32Array.from({ length: size }, () => Math.floor(next() * 2 ** 32));
  return Float32Array.from({ length: count * shape[1]! }, next);
}

function printSteps(
  { depth, width, batchSize }: ImageSize,
  { sgemmGflops, steps: measured }: MeasuredImages,
): void {
  console.log(
    `Steps of images, 32x32x3, batch ${batchSize}, Glow of 3 levels x ${depth} steps, width `
      + `${width}; sgemm ${sgemmGflops.toFixed(0)} GFLOP/s`,
  );
  for (const { step, ms, gflop, share, pytorch, ratio } of measured) {
    const theirs =
      pytorch
      && `, PyTorch eager (${pytorch.format}) ${pytorch.ms.toFixed(0)} ms, ratio ${ratio!.toFixed(2)}`;
    console.log(
      `  ${step}: ${ms.toFixed(0)} ms, ${gflop.toFixed(1)} GFLOP, ${(100 * share).toFixed(0)} % of `
        + `sgemm${theirs ?? ''}`,
    );
  }
}

const python = pythonWith('torch', 'numpy');
const referee = python === null ? null : new Referee(python, 'pytorch-glow.py');
const images = await imageSteps(referee, threads, middling);
referee?.close();
const paperReferee = python === null ? null : new Referee(python, 'pytorch-glow.py');
const paper = await imageSteps(paperReferee, threads, paperSized);
paperReferee?.close();
const features = await inceptionFeatures(threads);
const scratch = mkdtempSync(join(tmpdir(), 'counterflow-bench-'));
const evaluation = await evaluationModels(scratch)
  .then((files) => executionProviders(files, threads))
  .finally(() => rmSync(scratch, { recursive: true }));
const results = steps.map(measure);
if (process.argv.includes('--json'))
  console.log(JSON.stringify({ images, paper, features, evaluation, steps: results }, null, 2));
else {
  printSteps(middling, images);
  printSteps(paperSized, paper);
  if (referee === null)
    console.log('PyTorch is left out: no Python has it. Set COUNTERFLOW_PYTHON to one that does.');
  if (features === null) console.log('Features for an FID are left out: no Python has pytorch-fid.');
  else {
    console.log(
      `Features for an FID, 32x32x3, batch ${features.batchSize}: ${features.perSecond.toFixed(1)} `
        + `images a second, pytorch-fid ${features.pytorchFid.toFixed(1)}, `
        + `ratio ${features.ratio.toFixed(2)}; features differ by `
        + `${features.difference.toExponential(1)} relative`,
    );
  }
  console.log(
    `Evaluation in onnxruntime, 32x32x3, batch ${evaluation.batchSize}, Glow of 3 levels x 8 steps, `
      + `width 512, and its EBM${evaluation.faults && `; ${evaluation.faults}`}`,
  );
  for (const { model, onCpu, best } of evaluation.models) {
    const other =
      best
      && `, ${best.perSecond.toFixed(0)} on ${best.provider}, ratio ${best.ratio.toFixed(1)}; they `
        + `differ by ${best.difference.toExponential(1)} relative`;
    console.log(
      `  ${model}: ${onCpu.toFixed(0)} a second on the CPU${other ?? '; no other provider is at work'}`,
    );
  }
  for (const r of results) {
    console.log(
      `${r.step}, batch ${r.batchSize}: eager ${r.eagerMs.toFixed(1)} ms, replay `
        + `${r.replayMs.toFixed(1)} ms, ratio ${r.ratio.toFixed(2)} (at least ${r.atLeast}), `
        + `${r.betweenMs.toFixed(2)} ms between two runs; log-density ${r.logProb.eager.toFixed(3)} and `
        + `${r.logProb.replay.toFixed(3)} nats; ${r.nodes} nodes, recorded in `
        + `${(r.recordMs / 1000).toFixed(1)} s, loaded in ${(r.loadMs / 1000).toFixed(1)} s`,
    );
  }
}
if (results.some(({ ratio, atLeast }) => ratio < atLeast)) process.exitCode = 1;
