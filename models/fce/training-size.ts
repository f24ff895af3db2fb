/** How large a training is, counted from its configuration alone: what its process has to hold follows from
 *  it. */
import { ebmSize } from '../ebm/ebm-size.ts';
import { flowSize } from '../flow/flow-size.ts';
import { denseParams, stridedSize, together, transposedSize, type NetSize } from '../core/net-size.ts';
import type { FceConfig, ModelsConfig } from './config.ts';
import type { TrainingConfig } from '../training-schema.ts';

export interface TrainingSize {
  /** Parameters by player; each keeps them with two moments and an average. */
  readonly players: Readonly<Record<string, number>>;
  /** Of the frozen flow that the EBM is relative to; 0 without. */
  readonly reference: number;
  /** Numbers of one datum that the largest step keeps for its backward pass. */
  readonly kept: number;
  /** Numbers of one datum that come and go beside them, at the widest place. */
  readonly passing: number;
  /** Layers in all steps' passes, forward and back: the recorded graph grows with them. */
  readonly layers: number;
}

/** `shape`: of one datum, [dim] or [H, W, C]. `models`: of the methods mle, nce and fce. */
export function trainingSize(
  config: TrainingConfig,
  models: ModelsConfig | null,
  shape: readonly number[],
): TrainingSize {
  switch (config.method) {
    case 'mle':
      return ofOne('flow', flowSize(models!.flow, shape, config.recompute));
    case 'nce':
      return ofOne('ebm', ebmSize(models!.ebm, shape), 2);
    case 'fce':
      return contrastSize(config, models!, shape);
    case 'vae':
      return ofOne('vae', vaeSize(config.model, shape));
    case 'classifier':
      return ofOne('classifier', classifierSize(config.model, shape));
    case 'gan':
      return ganSize(config.model, shape);
  }
}

/** `passes`: over data and samples. */
function ofOne(player: string, { params, kept, passing, layers }: NetSize, passes = 1): TrainingSize {
  return {
    players: { [player]: params },
    reference: 0,
    kept: passes * kept,
    passing,
    layers: passes * layers,
  };
}

/** The flow's step goes through g(z), log q at samples and, of the paper's paths, at data; and through EBM
 *  and reference at samples. */
function contrastSize(
  { reference, paths, lambda, recompute }: FceConfig,
  models: ModelsConfig,
  shape: readonly number[],
): TrainingSize {
  const flow = flowSize(models.flow, shape, recompute);
  const ebm = ebmSize(models.ebm, shape);
  const relative = reference === 'pretrained' ? 1 : 0;
  const passes = 2 + relative + (lambda > 0 ? 1 : 0);
  const others = paths === 'all' ? 1 : 2;
  return {
    players: { flow: flow.params, ebm: ebm.params },
    reference: relative * flow.params,
    kept: Math.max(passes * flow.kept + ebm.kept, 2 * ebm.kept),
    passing: flow.passing + ebm.passing,
    // the EBM's step samples the flow and looks at both densities too, forward alone
    layers: (passes + others + 3 + 2 * relative) * flow.layers + 4 * ebm.layers,
  };
}

function vaeSize(
  { latent, channels }: { readonly latent: number; readonly channels: readonly number[] },
  shape: readonly number[],
): NetSize {
  const { width, ...encoder } = stridedSize(shape, channels);
  const heads = denseParams(width, 2 * latent) + denseParams(latent, width) + shape[2]!;
  const both = together(encoder, transposedSize(shape, channels));
  return { ...both, params: both.params + heads };
}

function classifierSize(
  {
    channels,
    features,
    classes,
  }: { readonly channels: readonly number[]; readonly features: number; readonly classes: number },
  shape: readonly number[],
): NetSize {
  const { width, ...convolutions } = stridedSize(shape, channels);
  return {
    ...convolutions,
    params: convolutions.params + denseParams(width, features) + denseParams(features, classes),
  };
}

/** Batch normalisation has a scale and a shift for each channel; the discriminator's first layer has none. */
function ganSize(
  {
    latent,
    channels,
    normaliseDiscriminator,
  }: {
    readonly latent: number;
    readonly channels: readonly number[];
    readonly normaliseDiscriminator: boolean;
  },
  shape: readonly number[],
): TrainingSize {
  const { width, ...down } = stridedSize(shape, channels);
  const up = transposedSize(shape, channels);
  const norms = channels
    .map((count, i) => (normaliseDiscriminator && i > 0 ? 2 * count : 0))
    .reduce((a, b) => a + b, 0);
  const all = channels.reduce((sum, count) => sum + 2 * count, 0);
  return {
    players: {
      discriminator: down.params + denseParams(width, 1) + norms,
      generator: denseParams(latent, width) + up.params + all,
    },
    reference: 0,
    // a normalised layer keeps its result twice more
    kept: 2 * (down.kept + 2 * up.kept),
    passing: down.passing + up.passing,
    layers: 3 * (down.layers + up.layers),
  };
}
