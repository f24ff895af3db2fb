/** A training as a program: which variables it has, which steps there are, and what each step is fed. */
import { createEbm } from '../ebm/create-ebm.ts';
import type { Ebm } from '../ebm/ebm.ts';
import { ConfigError } from '../errors.ts';
import type { Flow } from '../flow/bijection.ts';
import { createFlow } from '../flow/flow.ts';
import type { Program, ProgramFunction } from '../graph/program.ts';
import { layoutSize, unflatten } from '../params.ts';
import { tf, type Tensor, type Tensors, type TensorSpec } from '../tensors.ts';
import { dataSpec, isImage, type DataForm } from './batch.ts';
import type { FceConfig, MleConfig, ModelsConfig, NceConfig, TrainingConfig } from './config.ts';
import { flowOpponent, gaussianOpponent, type Opponent } from './opponent.ts';
import { playerVariables, type Player } from './player.ts';
import { probe, probeVariables } from './probe.ts';
import { ebmStep, flowStep, likelihoodStep, type Contrast } from './step.ts';
import { nextTurn, type Turn, type TurnState } from './turn.ts';

export interface Training {
  readonly config: TrainingConfig;
  readonly data: DataForm;
  readonly program: Program;
  readonly flow: Flow | null;
  readonly ebm: Ebm | null;
  readonly players: readonly Player[];
  readonly opponent: Opponent | null;
  /** log q0 that the EBM is relative to; null where it is not. */
  readonly reference: Contrast['reference'];
  turn(state: TurnState): Turn;
}

/** `probeCount`: held-out points with known log-density, 0 where there are none (images). */
export function createTraining(
  config: TrainingConfig,
  models: ModelsConfig,
  data: Omit<DataForm, 'flips'>,
  probeCount: number,
): Training {
  const form: DataForm = { ...data, flips: config.flips };
  if (config.flips && !isImage(form)) throw new ConfigError('Expected flips = false for points, got true: only images can be mirrored.');
  switch (config.method) {
    case 'mle':
      return likelihood(config, models, form, probeCount);
    case 'nce':
      return noiseContrast(config, models, form, probeCount);
    case 'fce':
      return flowContrast(config, models, form, probeCount);
  }
}

function likelihood(config: MleConfig, models: ModelsConfig, data: DataForm, probeCount: number): Training {
  const flow = createFlow(models.flow, data.shape);
  const player: Player = { name: 'flow', specs: flow.params, optimiser: config.flow };
  const functions = { flow: likelihoodStep(flow, player, data, config.batchSize) };
  return assemble({ config, data, flow, ebm: null, players: [player], opponent: null, reference: null, turn: () => 'flow' }, functions, {}, probeCount);
}

function noiseContrast(config: NceConfig, models: ModelsConfig, data: DataForm, probeCount: number): Training {
  if (isImage(data)) throw new ConfigError('Expected points for method nce, got images: Gaussian noise is no opponent for images.');
  const contrast = contrastOf(config, models, data, null);
  const opponent = gaussianOpponent(data.shape[0]!);
  const functions = { ebm: ebmStep(contrast, opponent) };
  const parts = { config, data, flow: null, ebm: contrast.ebm, players: [contrast.ebmPlayer], opponent, reference: null, turn: () => 'ebm' as const };
  return assemble(parts, functions, opponent.variables, probeCount);
}

function flowContrast(config: FceConfig, models: ModelsConfig, data: DataForm, probeCount: number): Training {
  const flow = createFlow(models.flow, data.shape);
  const reference = config.reference === 'pretrained'
    ? (variables: Tensors, x: Tensor) => flow.logProb(unflatten(flow.params, variables.reference!), x)
    : null;
  const contrast = contrastOf(config, models, data, reference);
  const opponent = flowOpponent(flow);
  const flowPlayer: Player = { name: 'flow', specs: flow.params, optimiser: config.flow };
  const functions = { ebm: ebmStep(contrast, opponent), flow: flowStep(contrast, flow, flowPlayer, config.lambda) };
  const extra: Record<string, TensorSpec> = reference === null ? {} : { reference: { shape: [layoutSize(flow.params)], dtype: 'float32' } };
  const parts = { config, data, flow, ebm: contrast.ebm, players: [flowPlayer, contrast.ebmPlayer], opponent, reference,
    turn: (state: TurnState) => nextTurn(config.turn, state) };
  return assemble(parts, functions, extra, probeCount);
}

function contrastOf(config: NceConfig | FceConfig, models: ModelsConfig, data: DataForm, reference: Contrast['reference']): Contrast {
  const ebm = createEbm(models.ebm, data.shape);
  return { data, batchSize: config.batchSize, ebm, reference, ebmPlayer: { name: 'ebm', specs: ebm.params, optimiser: config.ebm } };
}

function assemble(
  parts: Omit<Training, 'program'>,
  functions: Readonly<Record<string, ProgramFunction>>,
  extra: Readonly<Record<string, TensorSpec>>,
  probeCount: number,
): Training {
  const probed = probeCount > 0;
  const variables = {
    data: dataSpec(parts.data),
    ...Object.assign({}, ...parts.players.map(playerVariables)),
    ...extra,
    ...(probed ? probeVariables(probeCount, parts.data.shape[0]!) : {}),
  };
  return { ...parts, program: { variables, functions: probed ? { ...functions, probe: probe(probedModels(parts)) } : functions } };
}

/** Averaged weights' log-densities by metric name. */
function probedModels({ flow, ebm, reference }: Omit<Training, 'program'>): Record<string, (variables: Tensors, x: Tensor) => Tensor> {
  const ebmLogProb = (v: Tensors, x: Tensor): Tensor => {
    const logProb = ebm!.logProb(unflatten(ebm!.params, v['ebm.average']!), x);
    return reference ? tf.add(logProb, reference(v, x)) : logProb;
  };
  return {
    ...(flow && { 'mse.flow': (v: Tensors, x: Tensor) => flow.logProb(unflatten(flow.params, v['flow.average']!), x) }),
    ...(ebm && { 'mse.ebm': ebmLogProb }),
  };
}
