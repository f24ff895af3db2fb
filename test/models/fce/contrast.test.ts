import '../../support/tensorflow.ts';
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createEbm } from '../../../models/ebm/create-ebm.ts';
import { ebmSchema } from '../../../models/ebm/config.ts';
import { drawBatch } from '../../../models/training/batch.ts';
import { fceSchema, mleSchema, nceSchema, type ModelsConfig } from '../../../models/fce/config.ts';
import { createTraining } from '../../../models/create-training.ts';
import { gradientOf } from '../../../models/training/gradient.ts';
import { initialize } from '../../../models/training/initialize.ts';
import { cholesky, fitGaussian } from '../../../models/fce/noise.ts';
import { gaussianOpponent } from '../../../models/fce/opponent.ts';
import { drawLatents } from '../../../models/training/batch.ts';
import { flowObjective } from '../../../models/fce/step.ts';
import type { TrainingConfig } from '../../../models/training-schema.ts';
import { firstCounters, updates, type Counters } from '../../../models/training/updates.ts';
import { accuracy, nonSaturating, value } from '../../../models/fce/value.ts';
import { flowSchema } from '../../../models/flow/config.ts';
import { createFlow } from '../../../models/flow/flow.ts';
import { foldIn } from '../../../models/graph/random.ts';
import { EagerSession } from '../../../models/graph/eager-session.ts';
import { adam, clipByGlobalNorm } from '../../../models/optim/adam.ts';
import { adamax } from '../../../models/optim/adamax.ts';
import { layoutSize, unflatten, type Params, type ParamSpec } from '../../../models/core/params.ts';
import { prngKey, normal } from '../../../models/core/random.ts';
import { tf, type Tensor } from '../../../models/core/tensors.ts';

const models: ModelsConfig = {
  flow: flowSchema.parse({ kind: 'vector', couplings: 3, width: 8 }),
  ebm: ebmSchema.parse({ kind: 'dense', width: 8, hiddenLayers: 2 }),
};
const gaussians = (count: number, seed: number): Float32Array => {
  const next = normal(seed, 'test-data');
  return Float32Array.from({ length: 2 * count }, () => 1 + 2 * next());
};
const data = gaussians(400, 1);
const adamAt = (learningRate: number) => ({ learningRate });
const budget = { updates: 10, batchSize: 16, logEvery: 1 };
const fce = (more: object = {}): TrainingConfig =>
  fceSchema.parse({
    method: 'fce',
    ...budget,
    flow: adamAt(1e-3),
    ebm: adamAt(1e-2),
    turn: { kind: 'ratio', ebm: 2, flow: 1 },
    ...more,
  });

describe('the value function', () => {
  const at = (u: number[], v: number[]) => ({ data: tf.tensor1d(u), samples: tf.tensor1d(v) });
  test('is -log 4 where the densities are equal', () => {
    assert.ok(Math.abs(value(at([0, 0], [0, 0])).dataSync()[0]! + Math.log(4)) < 1e-6);
  });
  test("is log sigmoid(u) + log sigmoid(-u') for any ratios", () => {
    const exact = Math.log(1 / (1 + Math.exp(-0.7))) + Math.log(1 / (1 + Math.exp(-1.3)));
    assert.ok(Math.abs(value(at([0.7], [-1.3])).dataSync()[0]! - exact) < 1e-6);
  });
  test('stays finite, with a finite gradient, at log-ratios of 10^4', () => {
    const u = tf.tensor1d([1e4, -1e4]);
    const slope = tf
      .grad((x: Tensor) => value({ data: x, samples: x }))(u)
      .dataSync();
    assert.equal(value({ data: u, samples: u }).dataSync()[0], -1e4);
    assert.ok(slope.every(Number.isFinite));
  });
  test('has a stand-in that keeps its slope where samples are told with certainty, and V has none', () => {
    const slope = (loss: typeof value): number =>
      tf
        .grad((u: Tensor) => loss({ data: u, samples: u }))(tf.tensor1d([-50]))
        .dataSync()[0]!;
    assert.ok(Math.abs(slope(nonSaturating) + 1) < 1e-6, `stand-in: ${slope(nonSaturating)}`);
    const exact = Math.log(1 + Math.exp(0.3));
    assert.ok(
      Math.abs(nonSaturating(at([9], [-0.3])).dataSync()[0]! - exact) < 1e-6,
      'is softplus(-u) of the samples',
    );
  });
  test('accuracy counts both sides and takes a tie as wrong', () => {
    assert.equal(accuracy(at([1, -1], [-1, -2])).dataSync()[0], 0.75);
    assert.equal(accuracy(at([0], [0])).dataSync()[0], 0);
  });
});

describe("the flow's gradient", () => {
  /** Shared parts: a flow and an EBM with weights away from their start, data and latents. */
  const flow = createFlow(models.flow, [2]);
  const ebm = createEbm(models.ebm, [2]);
  const wobble = (count: number, stream: string): Float32Array => {
    const next = normal(3, stream);
    return Float32Array.from({ length: count }, () => 0.3 * next());
  };
  const theta = wobble(layoutSize(flow.params), 'flow');
  const ebmTheta = tf.tensor1d(wobble(layoutSize(ebm.params), 'ebm'));
  const x = tf.tensor2d(gaussians(12, 5), [12, 2]);
  const z = tf.tensor2d(wobble(24, 'z'), [12, 2]);
  const logP = (points: Tensor): Tensor => ebm.logProb(unflatten(ebm.params, ebmTheta), points);
  const still = unflatten(flow.params, tf.tensor1d(theta));
  const paper = { objective: 'value', paths: 'all', lambda: 0 } as const;
  const loss = (vector: Tensor, lambda: number): { loss: number; gradient: Float32Array } => {
    const { gradient, aux } = gradientOf(flow.params, vector, (params) => {
      const objective = flowObjective(flow, { params, still }, logP, { x, z }, { ...paper, lambda });
      return { ...objective, aux: { loss: objective.loss } };
    });
    return { loss: aux.loss!.dataSync()[0]!, gradient: gradient.dataSync() as Float32Array };
  };

  const unit = (vector: Float32Array): Float32Array => vector.map((v) => v / Math.hypot(...vector));

  for (const lambda of [0, 0.5]) {
    test(
      `agrees with a numeric one along random directions (lambda ${lambda}), so all three paths are `
        + 'there',
      () => {
        const { gradient } = loss(tf.tensor1d(theta), lambda);
        for (let k = 0; k < 6; k++) {
          const direction = unit(wobble(theta.length, `direction${k}`));
          const step = 1e-2;
          const at = (sign: number) =>
            loss(tf.tensor1d(theta.map((t, i) => t + sign * step * direction[i]!)), lambda).loss;
          const numeric = (at(1) - at(-1)) / (2 * step);
          const exact = gradient.reduce((sum, g, i) => sum + g * direction[i]!, 0);
          assert.ok(
            Math.abs(numeric - exact) < 2e-3 * Math.max(0.5, Math.abs(exact)),
            `direction ${k}: numeric ${numeric}, gradient ${exact}`,
          );
        }
      },
    );
  }

  test('through the samples alone is nothing where p = q, and the full one is noise there', () => {
    const logQ = (points: Tensor): Tensor => flow.logProb(still, points);
    const largest = (paths: 'sample' | 'all'): number =>
      tf
        .max(
          tf.abs(
            gradientOf(flow.params, tf.tensor1d(theta), (params) =>
              flowObjective(flow, { params, still }, logQ, { x, z }, { ...paper, paths }),
            ).gradient,
          ),
        )
        .dataSync()[0]!;
    assert.ok(largest('sample') < 1e-5, `through the samples: ${largest('sample')}`);
    assert.ok(largest('all') > 1e-2, `all paths: ${largest('all')}`);
  });

  test(
    "through the samples alone is all of V's in expectation for the optimal EBM, and not all of its "
      + "stand-in's",
    () => {
      // Data and samples by inverse transform of one grid: expectations without noise, to one over its side.
      // The EBM is optimal: the data's density.
      const latents = normalGrid(120);
      const truth = unflatten(
        flow.params,
        tf.tensor1d(wobble(theta.length, 'truth').map((v, i) => theta[i]! + 0.3 * v)),
      );
      const points = { x: flow.sample(truth, latents).x, z: latents };
      const slope = (objective: 'value' | 'non-saturating', paths: 'sample' | 'all') =>
        gradientOf(flow.params, tf.tensor1d(theta), (params) =>
          flowObjective(flow, { params, still }, (at) => flow.logProb(truth, at), points, {
            objective,
            paths,
            lambda: 0,
          }),
        ).gradient;
      const away = (objective: 'value' | 'non-saturating'): number => {
        const all = slope(objective, 'all');
        return tf.div(tf.norm(tf.sub(slope(objective, 'sample'), all)), tf.norm(all)).dataSync()[0]!;
      };
      assert.ok(away('value') < 0.04, `V: ${away('value')} of the gradient is not through the samples`);
      assert.ok(away('non-saturating') > 0.12, `stand-in: ${away('non-saturating')} is not`);
    },
  );

  test('through the samples alone agrees with a numeric one of V with the densities held', () => {
    const held = (vector: Tensor) => {
      const { gradient, aux } = gradientOf(flow.params, vector, (params) => {
        const objective = flowObjective(
          flow,
          { params, still },
          logP,
          { x, z },
          { ...paper, paths: 'sample' },
        );
        return { ...objective, aux: { loss: objective.loss } };
      });
      return { loss: aux.loss!.dataSync()[0]!, gradient: gradient.dataSync() as Float32Array };
    };
    const { gradient } = held(tf.tensor1d(theta));
    for (let k = 0; k < 4; k++) {
      const direction = unit(wobble(theta.length, `held${k}`));
      const at = (sign: number) =>
        held(tf.tensor1d(theta.map((t, i) => t + sign * 1e-2 * direction[i]!))).loss;
      const numeric = (at(1) - at(-1)) / 2e-2;
      const exact = gradient.reduce((sum, g, i) => sum + g * direction[i]!, 0);
      assert.ok(
        Math.abs(numeric - exact) < 2e-3 * Math.max(0.5, Math.abs(exact)),
        `direction ${k}: numeric ${numeric}, gradient ${exact}`,
      );
    }
  });

  test('loses a path when samples, their density or the data density are held still: each contributes', () => {
    const full = loss(tf.tensor1d(theta), 0).gradient;
    const partial = (hold: 'sample' | 'sampleLogProb' | 'dataLogProb'): Float32Array => {
      const detached = heldStill(
        createFlow(models.flow, [2]),
        hold,
        unflatten(flow.params, tf.tensor1d(theta)),
      );
      return gradientOf(flow.params, tf.tensor1d(theta), (params) =>
        flowObjective(detached, { params, still }, logP, { x, z }, paper),
      ).gradient.dataSync() as Float32Array;
    };
    for (const hold of ['sample', 'sampleLogProb', 'dataLogProb'] as const) {
      assert.ok(
        partial(hold).some((g, i) => Math.abs(g - full[i]!) > 1e-4),
        `${hold} contributes nothing`,
      );
    }
  });
});

describe('a Gaussian opponent', () => {
  test('matched to data has their moments, and the density of that Gaussian', () => {
    const noise = fitGaussian('matched', data, 2);
    const opponent = gaussianOpponent(2);
    const variables = Object.fromEntries(
      Object.entries(opponent.variables).map(([name, spec]) => [
        name,
        tf.tensor(noise[name]!, [...spec.shape]),
      ]),
    );
    const { x, logProb } = opponent.sample(variables, drawLatents(20_000, 2, tf.tensor1d([1, 2], 'int32')));
    const again = opponent.logProb(variables, x).dataSync();
    logProb.dataSync().forEach((l, i) => assert.ok(Math.abs(l - again[i]!) < 1e-4));
    const sampled = fitGaussian('matched', x.dataSync() as Float32Array, 2);
    for (const name of ['noise.mean', 'noise.factor']) {
      noise[name]!.forEach((v, i) => assert.ok(Math.abs(v - sampled[name]![i]!) < 0.06, `${name}[${i}]`));
    }
  });
  test('standard has the closed form', () => {
    const noise = fitGaussian('standard', data, 2);
    const opponent = gaussianOpponent(2);
    const variables = Object.fromEntries(
      Object.entries(opponent.variables).map(([name, spec]) => [
        name,
        tf.tensor(noise[name]!, [...spec.shape]),
      ]),
    );
    const at = opponent.logProb(variables, tf.tensor2d([[3, 4]])).dataSync()[0]!;
    assert.ok(Math.abs(at - (-12.5 - Math.log(2 * Math.PI))) < 1e-5);
  });
  test('refuses data without spread in a direction', () => {
    assert.throws(
      () =>
        cholesky([
          [1, 1],
          [1, 1],
        ]),
      /varies in every direction/,
    );
  });
});

describe('the optimiser', () => {
  test('makes a first step of the learning rate against the sign of the gradient', () => {
    const state = { theta: tf.tensor1d([1, 1]), m: tf.zeros([2]), v: tf.zeros([2]) };
    const step = {
      learningRate: tf.scalar(0.1),
      firstMomentScale: tf.scalar(10),
      secondMomentScale: tf.scalar(1000),
    };
    const next = adam(
      { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
      state,
      tf.tensor1d([3, -0.02]),
      step,
    ).theta.dataSync();
    assert.ok(Math.abs(next[0]! - 0.9) < 1e-4 && Math.abs(next[1]! - 1.1) < 1e-4);
  });
  test(
    'of Adamax divides by the largest gradient seen lately, so that a small one after a large one '
      + 'moves little',
    () => {
      const config = { beta1: 0.5, beta2: 0.9, epsilon: 1e-8 };
      const start = { theta: tf.tensor1d([1]), m: tf.zeros([1]), v: tf.zeros([1]) };
      const stepAt = (firstMomentScale: number) => ({
        learningRate: tf.scalar(0.1),
        firstMomentScale: tf.scalar(firstMomentScale),
        secondMomentScale: tf.scalar(99),
      });
      const first = adamax(config, start, tf.tensor1d([4]), stepAt(2));
      const second = adamax(config, first, tf.tensor1d([1]), stepAt(4 / 3));
      // m = 2, then 1.5; u = 4, then 3.6; theta = 1 - 0.1 * (2 * 2) / 4, then minus 0.1 * (1.5 * 4 / 3) / 3.6
      assert.ok(Math.abs(first.theta.dataSync()[0]! - 0.9) < 1e-6, `first: ${first.theta.dataSync()[0]}`);
      assert.ok(
        Math.abs(second.theta.dataSync()[0]! - (0.9 - 0.2 / 3.6)) < 1e-6,
        `second: ${second.theta.dataSync()[0]}`,
      );
    },
  );
  test('clips by the global norm and leaves a short gradient alone', () => {
    const long = clipByGlobalNorm(tf.tensor1d([3, 4]), 1);
    assert.equal(long.norm.dataSync()[0], 5);
    assert.ok(Math.abs(long.gradient.dataSync()[0]! - 0.6) < 1e-6);
    assert.deepEqual(
      [...clipByGlobalNorm(tf.tensor1d([0.3, 0.4]), 1).gradient.dataSync()],
      [...Float32Array.of(0.3, 0.4)],
    );
  });
});

describe('a training', () => {
  const open = (config: TrainingConfig, seed = 1) => {
    const training = createTraining(config, models, { shape: [2], count: 400 }, 0);
    const session = new EagerSession(training.program);
    session.assign({ data, ...initialize(training, { seed, initialFlow: null, data }) });
    return { training, session };
  };
  const run = (config: TrainingConfig, seed = 1, noiseStream = 0, learningRateScale = 1) => {
    const { training, session } = open(config, seed);
    const course = { seed, training: 'test', noiseStream, learningRateScale };
    const lines = [...updates(session, training, course, firstCounters, config.updates)].map(
      ({ metrics }) => metrics,
    );
    return { lines, weights: session.read(training.players.map(({ name }) => name)) };
  };
  const differs = (a: ReturnType<typeof run>, b: ReturnType<typeof run>) =>
    assert.notDeepEqual(a.weights, b.weights);

  test(
    'repeats itself bit for bit, and changes with the seed, the noise stream and the learning-rate '
      + 'scale',
    () => {
      assert.deepEqual(run(fce()), run(fce()));
      differs(run(fce()), run(fce(), 2));
      differs(run(fce()), run(fce(), 1, 1));
      differs(run(fce()), run(fce(), 1, 0, 0.5));
    },
  );

  test('moves one player at a time, counts both, and starts with a mean log-ratio of zero', () => {
    const { lines } = run(fce());
    assert.deepEqual(
      lines.map(({ turn }) => turn),
      ['ebm', 'ebm', 'flow', 'ebm', 'ebm', 'flow', 'ebm', 'ebm', 'flow', 'ebm'],
    );
    assert.equal(lines.at(-1)!.flowUpdates, 3);
    assert.equal(lines.at(-1)!.ebmUpdates, 7);
  });

  test("leaves the other player's weights alone", () => {
    const { training, session } = open(fce({ turn: { kind: 'ratio', ebm: 3, flow: 1 } }));
    const before = session.read(['flow', 'ebm']);
    const course = { seed: 1, training: 'test', noiseStream: 0, learningRateScale: 1 };
    Array.from(updates(session, training, course, firstCounters, 3));
    const after = session.read(['flow', 'ebm']);
    assert.deepEqual(after.flow, before.flow);
    assert.notDeepEqual(after.ebm, before.ebm);
  });

  test(
    "tells each player's own figures in every line, those of its last move, as one that goes on from "
      + 'its counters does',
    () => {
      const course = { seed: 1, training: 'test', noiseStream: 0, learningRateScale: 1 };
      const config = fce({ turn: { kind: 'ratio', ebm: 1, flow: 1 } });
      const { lines } = run(config);
      const names = ['gradNorm', 'learningRate', 'logProbShift'];
      for (const [i, line] of lines.entries()) {
        for (const player of ['ebm', 'flow']) {
          const moved = lines.slice(0, i + 1).findLast(({ turn }) => turn === player);
          const own = names.map((name) => line[`${name}.${player}`]);
          assert.deepEqual(
            own,
            names.map((name) => moved?.[name]),
            `${player} in update ${line.update}`,
          );
        }
      }
      assert.equal(
        lines.filter((line) => line['gradNorm.ebm'] !== undefined && line['gradNorm.flow'] !== undefined)
          .length,
        9,
      );
      assert.ok(lines.at(-1)!['logProbShift.flow'] !== undefined && !('logProbShift.ebm' in lines.at(-1)!));

      const { training, session } = open(config);
      const first = [...updates(session, training, course, firstCounters, 5)].at(-1)!;
      const stored = JSON.parse(JSON.stringify(first.counters)) as Counters;
      assert.deepEqual(
        [...updates(session, training, course, stored, 10)].map(({ metrics }) => metrics),
        lines.slice(5),
      );
      assert.deepEqual(
        Object.keys(run(fce()).lines[0]!).filter((name) => name.includes('.')),
        ['learningRate.ebm', 'gradNorm.ebm'],
        'who has not moved has none',
      );
    },
  );

  test('of one player has no names of players in its lines', () => {
    const { lines } = run(mleSchema.parse({ method: 'mle', ...budget, flow: adamAt(1e-3) }));
    assert.deepEqual(
      Object.keys(lines[3]!).filter((name) => name.includes('.')),
      [],
    );
  });

  test(
    'of ten updates equals five, a resume from read-out variables and counters, and five more, bit for '
      + 'bit',
    () => {
      for (const config of [fce({ turn: { kind: 'accuracy', threshold: 0.55, smoothing: 0.5 } }), fce()]) {
        const course = { seed: 1, training: 'test', noiseStream: 0, learningRateScale: 1 };
        const whole = open(config);
        Array.from(updates(whole.session, whole.training, course, firstCounters, 10));
        const first = open(config);
        let counters: Counters = firstCounters;
        for (const update of updates(first.session, first.training, course, firstCounters, 5))
          counters = update.counters;
        const state = first.session.read(Object.keys(first.training.program.variables));
        const second = new EagerSession(first.training.program);
        second.assign(state);
        Array.from(
          updates(second, first.training, course, JSON.parse(JSON.stringify(counters)) as Counters, 10),
        );
        const names = Object.keys(first.training.program.variables);
        assert.deepEqual(second.read(names), whole.session.read(names));
      }
    },
  );

  test('that begins again from another draw has other random weights, and the pretrained flow it was given', () => {
    const training = createTraining(fce({}), models, { shape: [2], count: 400 }, 0);
    const start = (draw: number | undefined, initialFlow: Float32Array | null = null) =>
      initialize(training, { seed: 1, ...(draw !== undefined && { draw }), initialFlow, data });
    const first = start(0);
    assert.deepEqual(first, start(undefined));
    for (const name of ['flow', 'ebm']) assert.notDeepEqual(start(1)[name], first[name]);
    assert.notDeepEqual(start(2).flow, start(1).flow);
    assert.deepEqual(start(1, first.flow!).flow, first.flow);
    assert.notDeepEqual(start(1, first.flow!).ebm, first.ebm);
  });

  test('that is told learning rates and a number of updates goes on as one configured so', () => {
    const whole = run(fce({ updates: 14, flow: adamAt(3e-4) }));
    const { training, session } = open(fce());
    const course = {
      seed: 1,
      training: 'test',
      noiseStream: 0,
      learningRateScale: 1,
      updates: 14,
      learningRates: { flow: 3e-4 },
    };
    const lines = [...updates(session, training, course, firstCounters, 14)].map(({ metrics }) => metrics);
    assert.deepEqual({ lines, weights: session.read(['flow', 'ebm']) }, whole);
  });

  test('relative to the frozen flow starts with V at about -log 4', () => {
    const { lines } = run(fce({ reference: 'pretrained', updates: 1 }));
    assert.ok(Math.abs((lines[0]!.value as number) + Math.log(4)) < 0.2, `V = ${lines[0]!.value}`);
  });

  test(
    'relative to the frozen flow is probed with that flow: its error against the flow is that of f - c '
      + 'alone',
    () => {
      const training = createTraining(
        fce({ reference: 'pretrained' }),
        models,
        { shape: [2], count: 400 },
        50,
      );
      const session = new EagerSession(training.program);
      const start = initialize(training, { seed: 1, initialFlow: null, data });
      const x = gaussians(50, 9);
      const at = (specs: readonly ParamSpec[], name: string) => unflatten(specs, tf.tensor1d(start[name]!));
      const points = tf.tensor2d(x, [50, 2]);
      const logDensity = training
        .flow!.logProb(at(training.flow!.params, 'flow'), points)
        .dataSync() as Float32Array;
      const alone = training.ebm!.logProb(at(training.ebm!.params, 'ebm'), points).dataSync() as Float32Array;
      session.assign({ data, ...start, 'probe.x': x, 'probe.logDensity': logDensity });
      const probed = session.run('probe', {});
      assert.ok(probed['mse.flow']![0]! < 1e-9, `mse.flow is ${probed['mse.flow']![0]}`);
      const exact = alone.reduce((sum, value) => sum + value ** 2, 0) / 50;
      assert.ok(
        Math.abs(probed['mse.ebm']![0]! - exact) < 1e-4 * exact,
        `mse.ebm is ${probed['mse.ebm']![0]}, not ${exact}`,
      );
    },
  );

  test('of the flow by likelihood raises it, and NCE with either noise raises V', () => {
    const mle = run(
      mleSchema.parse({ method: 'mle', ...budget, updates: 60, batchSize: 64, flow: adamAt(5e-3) }),
    ).lines;
    assert.ok((mle.at(-1)!.logProb as number) > (mle[0]!.logProb as number));
    for (const noise of ['standard', 'matched'] as const) {
      const nce = run(
        nceSchema.parse({ method: 'nce', ...budget, updates: 60, batchSize: 64, noise, ebm: adamAt(1e-2) }),
      ).lines;
      assert.ok((nce.at(-1)!.value as number) > (nce[0]!.value as number), noise);
    }
  });

  const options: readonly (readonly [string, object])[] = [
    ['batchSize', { batchSize: 17 }],
    ['lambda', { lambda: 1 }],
    ['objective', { objective: 'non-saturating' }],
    ['paths', { paths: 'sample' }],
    ['maxLogProbShift', { maxLogProbShift: 1e-4 }],
    ['ebmWarmupUpdates', { ebmWarmupUpdates: 6 }],
    ['flow.algorithm', { flow: { ...adamAt(1e-3), algorithm: 'adamax' } }],
    ['reference', { reference: 'pretrained' }],
    ['turn', { turn: { kind: 'ratio', ebm: 1, flow: 1 } }],
    ['ebm.learningRate', { ebm: adamAt(2e-2) }],
    ['flow.learningRate', { flow: adamAt(2e-3) }],
    ['ebm.clipNorm', { ebm: { learningRate: 1e-2, clipNorm: 1e-9 } }],
    ['ebm.beta1', { ebm: { learningRate: 1e-2, beta1: 0.5 } }],
    ['ebm.beta2', { ebm: { learningRate: 1e-2, beta2: 0.5 } }],
    ['ebm.epsilon', { ebm: { learningRate: 1e-2, epsilon: 1 } }],
    ['ebm.decay', { ebm: { learningRate: 1e-2, decay: 'none' } }],
    ['ebm.warmupUpdates', { ebm: { learningRate: 1e-2, warmupUpdates: 5 } }],
  ];
  for (const [name, more] of options) {
    test(`changes with ${name}`, () => differs(run(fce()), run(fce(more))));
  }

  test('lets the EBM alone move while it warms up', () => {
    const { lines } = run(fce({ ebmWarmupUpdates: 5, turn: { kind: 'value', bound: -1e9 } }));
    assert.deepEqual(
      lines.map(({ turn }) => turn),
      [...Array<string>(5).fill('ebm'), ...Array<string>(5).fill('flow')],
    );
  });

  test('moves log q in a step as far as it is told, and no further than is allowed', () => {
    const move = (maxLogProbShift: number | null) => {
      const { training, session } = open(
        fce({ batchSize: 64, maxLogProbShift, turn: { kind: 'ratio', ebm: 1, flow: 1 } }),
      );
      const flow = training.flow!;
      const key = foldIn(tf.tensor1d(prngKey(1, 'test/0'), 'int32'), tf.scalar(1, 'int32'));
      const x = tf.slice(drawBatch(training.data, tf.tensor2d(data, [400, 2]), 64, key), 0, 16);
      const logQ = () => flow.logProb(unflatten(flow.params, tf.tensor1d(session.read(['flow']).flow!)), x);
      const before = logQ();
      const lines = Array.from(
        updates(
          session,
          training,
          { seed: 1, training: 'test', noiseStream: 0, learningRateScale: 1 },
          firstCounters,
          2,
        ),
      );
      const moved = Math.sqrt(tf.mean(tf.square(tf.sub(logQ(), before))).dataSync()[0]!);
      return { moved, told: lines[1]!.metrics.logProbShift as number, flow: session.read(['flow']).flow };
    };
    const free = move(null);
    assert.ok(Math.abs(free.moved - free.told) < 0.01 * free.moved, `moved ${free.moved}, told ${free.told}`);
    const limited = move(free.moved / 4);
    assert.ok(
      Math.abs(limited.moved - free.moved / 4) < 0.05 * free.moved,
      `moved ${limited.moved}, allowed ${free.moved / 4}`,
    );
    assert.ok(Math.abs(limited.told - free.moved / 4) < 1e-6, `told ${limited.told}`);
    assert.deepEqual(
      move(1e6).flow!.map((w, i) => (Math.abs(w - free.flow![i]!) < 1e-6 ? 0 : 1)),
      new Float32Array(free.flow!.length),
    );
  });

  test('keeps an average that lags behind the weights, or equals them where averaging is off', () => {
    const read = (averaging: number) => {
      const { training, session } = open(fce({ averaging }));
      Array.from(
        updates(
          session,
          training,
          { seed: 1, training: 'test', noiseStream: 0, learningRateScale: 1 },
          firstCounters,
          10,
        ),
      );
      return session.read(['ebm', 'ebm.average']);
    };
    assert.notDeepEqual(read(0.99)['ebm.average'], read(0.99).ebm);
    const off = read(0);
    off['ebm.average']!.forEach((average, i) =>
      assert.ok(Math.abs(average - off.ebm![i]!) <= 1e-6 * Math.max(1, Math.abs(average))),
    );
  });

  test('refuses flips of points', () => {
    assert.throws(
      () => createTraining(fce({ flips: true }), models, { shape: [2], count: 400 }, 0),
      /only images can be mirrored/,
    );
  });
});

/** A flow one of whose three gradient paths is cut: that part is computed with fixed parameters. */
function heldStill(
  flow: ReturnType<typeof createFlow>,
  hold: 'sample' | 'sampleLogProb' | 'dataLogProb',
  fixed: Params,
): typeof flow {
  return {
    ...flow,
    logProb: (params, x) => flow.logProb(hold === 'dataLogProb' ? fixed : params, x),
    sample(params, z) {
      const live = flow.sample(params, z);
      const still = flow.sample(fixed, z);
      return {
        x: hold === 'sample' ? still.x : live.x,
        logProb: hold === 'sampleLogProb' ? still.logProb : live.logProb,
      };
    },
  };
}

/** Standard normal latents [n * n, 2] whose coordinates are the quantiles of the middles of n equal
 *  shares. */
function normalGrid(n: number): Tensor {
  const quantile = (share: number): number => {
    let [low, high] = [-8, 8];
    for (let i = 0; i < 60; i++)
      [low, high] =
        normalShare((low + high) / 2) < share ? [(low + high) / 2, high] : [low, (low + high) / 2];
    return low;
  };
  const axis = Array.from({ length: n }, (_, i) => quantile((i + 0.5) / n));
  return tf.tensor2d(axis.flatMap((a) => axis.map((b) => [a, b])));
}

const normalShare = (z: number): number => (1 + tf.erf(tf.scalar(z / Math.SQRT2)).dataSync()[0]!) / 2;
