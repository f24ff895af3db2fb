/** The form of a sweep file, as `sweep --help` shows it. It is a sweep file itself: a test reads it. */
import { invocation } from '../../base/invocation.ts';

export const exampleFile = `experiment: eight-gaussians
set:                              # what all trials have, as --set
  baselines: { flowMle: null, nceStandard: null, nceMatched: null }
  contrast.turn: { kind: accuracy, threshold: 0.6 }
parameters:                       # paths of the configuration
  contrast.ebm.learningRate: { kind: logUniform, min: 1.0e-3, max: 1.0e-2 }
  contrast.turn.threshold: { kind: uniform, min: 0.5, max: 0.7 }
  models.flow.couplings: { kind: int, min: 4, max: 12 }
  contrast.flow.decay: { kind: choice, values: [none, cosine] }
sampler: { kind: sobol }          # or grid, random, { kind: tpe, startup: 10, window: 4 }
trials: 24
seed: 1                           # of the sampler; that of the runs is set above
objective: { metric: mse.ebmFce, goal: minimise }
halving: { kind: synchronous, rungs: [0.25, 0.5], keep: 0.333 }
concurrent: 2
pricePerHour: 0.4
`;

export const sweepHelp = `
A sweep file, YAML or a TypeScript module that exports the same by default:

${exampleFile.replace(/^(?=.)/gm, '  ')}
\`experiment\` may be a file too, as in \`experiment: ./my-experiment.ts\`, relative to the sweep file.
Needed are experiment, parameters, objective and, but for a grid, trials. On a grid \`points\` of a parameter says how many values it has.
\`scale: 0.1\` gives all trainings of all trials a tenth of their updates; what is set or searched goes over it, and rungs above 1 stay.
With seed among the parameters, trials that differ in it alone are one configuration, and the best is that with the best mean; a grid has all seeds
of each. TPE and halving judge single runs, and are refused then.
TPE learns: the trials of a window know the results of all windows before it, and of halving those on the first rung.
Halving stops all trials at the first rung (below 1 a share of contrast.updates, from 1 on a number of them) and takes the best further,
rung by rung, to the end. Synchronous rungs repeat exactly; under asynchronous ones (ASHA) trials climb as soon as they are among the
best so far, and the record says that the order in which they ended mattered.
Trials are runs like any other, named <sweep>-<hash of the configuration>, and let runs that are started by themselves go first.
A module is run as a program; YAML is read as data.

Examples:
  ${invocation} sweep eight-gaussians.yaml
  ${invocation} sweep eight-gaussians.yaml --estimate
  ${invocation} sweep eight-gaussians-seeds.yaml
  ${invocation} sweep eight-gaussians.yaml --seed 2 --set contrast.updates=2000 --detach
  ${invocation} sweep show latest
  ${invocation} sweep resume latest --failed`;
