/** Training of a generative adversarial network (Goodfellow et al. 2014): discriminator and generator move in
 *  turns. */
import { ConfigError } from '../core/errors.ts';
import { centred, drawBytes, type DataForm } from '../training/batch.ts';
import { gradientOf } from '../training/gradient.ts';
import { playerSteps, type BatchSizes } from '../training/micro-batch.ts';
import { drawLatents } from '../training/batch.ts';
import type { Player } from '../training/player.ts';
import { programOf, type Training } from '../training/training.ts';
import { accuracy, value } from '../fce/value.ts';
import type { ProgramFunction } from '../graph/program.ts';
import { unflatten } from '../core/params.ts';
import { tf, type Tensor } from '../core/tensors.ts';
import type { GanConfig } from './config.ts';
import { createDcgan, type Discriminator, type Generator } from './dcgan.ts';

interface Game extends BatchSizes {
  readonly data: DataForm;
  readonly generator: Generator;
  readonly discriminator: Discriminator;
}

/** Throws ShapeError where the images do not fit the models, ConfigError for a batch in parts: each would be
 *  normalised by itself. */
export function adversarial(config: GanConfig, data: DataForm): Training & { readonly config: GanConfig } {
  const { generator, discriminator } = createDcgan(config.model, data.shape);
  if (config.microBatch !== null) {
    throw new ConfigError(
      'Expected microBatch = null for method gan, whose batches are normalised whole, got '
        + `${config.microBatch}. Lower batchSize instead.`,
    );
  }
  if (config.shards !== null && config.shards > 1) {
    throw new ConfigError(
      `Expected shards = null for method gan, whose batches are normalised whole, got ${config.shards}.`,
    );
  }
  const game: Game = {
    data,
    batchSize: config.batchSize,
    microBatch: null,
    shards: null,
    generator,
    discriminator,
  };
  const players: readonly [Player, Player] = [
    { name: 'discriminator', specs: discriminator.params, optimiser: config.discriminator },
    { name: 'generator', specs: generator.params, optimiser: config.generator },
  ];
  const functions = { ...discriminatorStep(game, players[0]), ...generatorStep(game, players[1]) };
  return {
    config,
    data,
    players,
    program: programOf({ config, data, players }, { functions, probe: null }),
    turn: ({ move }) => players[move % 2]!.name,
    afterTurn: (state) => ({ ...state, move: (state.move + 1) % 2 }),
    watched: (outputs) => ({ ...outputs, value: outputs.value ?? outputs.generatorLoss! }),
    ofThePlayer: ['value', 'accuracy', 'generatorLoss'],
  };
}

/** Ascends V = E[log D(x)] + E[log(1 - D(g(z)))], which is the contrast's V with D's log-odds for log p - log
 *  q. Data and samples pass the discriminator as batches of their own, each normalised by itself. */
const discriminatorStep = (game: Game, player: Player): Record<string, ProgramFunction> =>
  playerSteps(player, game, game.data, (variables, key) => {
    const { data, batchSize, generator, discriminator } = game;
    const x = centred(drawBytes(data, variables.data!, batchSize, key));
    const samples = generator.sample(
      unflatten(generator.params, variables.generator!),
      drawLatents(batchSize, generator.latent, key),
    );
    return gradientOf(player.specs, variables.discriminator!, (params) => {
      const logOdds = {
        data: discriminator.logOdds(params, x),
        samples: discriminator.logOdds(params, samples),
      };
      return { loss: tf.neg(value(logOdds)), aux: { value: value(logOdds), accuracy: accuracy(logOdds) } };
    });
  });

/** Descends `generatorLoss`. Its accuracy is the discriminator's on samples alone. */
const generatorStep = (game: Game, player: Player): Record<string, ProgramFunction> =>
  playerSteps(player, game, null, (variables, key) => {
    const { batchSize, generator, discriminator } = game;
    const z = drawLatents(batchSize, generator.latent, key);
    const judge = unflatten(discriminator.params, variables.discriminator!);
    return gradientOf(player.specs, variables.generator!, (params) => {
      const logOdds = discriminator.logOdds(judge, generator.sample(params, z));
      const loss = generatorLoss(logOdds);
      return {
        loss,
        aux: { generatorLoss: loss, accuracy: tf.mean(tf.cast(tf.less(logOdds, 0), 'float32')) },
      };
    });
  });

/** -E[log D(g(z))], nats, from D's log-odds [B] on samples: the form that does not saturate where D is sure.
 *  Source: Goodfellow et al. 2014, section 3 */
export const generatorLoss = (logOdds: Tensor): Tensor => tf.mean(tf.softplus(tf.neg(logOdds)));
