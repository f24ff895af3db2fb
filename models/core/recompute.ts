/** Computing again in place of keeping: what a net makes on its way is let go after the forward pass, and
 *  made anew from the net's input when the backward pass comes to it. Source: Chen et al. 2016, "Training
 *  deep nets with sublinear memory cost" */
import { isRecording, tensorflowBackend, typeAttr } from './tensorflow-backend.ts';
import type { Layer } from './layers.ts';
import type { Params } from './params.ts';
import { tf, type Tensor } from './tensors.ts';

/** The same net, its value and gradients included, that keeps its input alone for the backward pass. Costs a
 *  second forward pass. */
export function recomputed(net: Layer): Layer {
  const names = net.params.map(({ name }) => name);
  const value = (x: Tensor, ...weights: Tensor[]): Tensor => net.apply(named(names, weights), x);
  const withGradient = tf.customGrad((...args) => {
    const save = args.pop() as tf.GradSaveFunc;
    const inputs = args as Tensor[];
    save(inputs);
    return {
      value: value(...(inputs as [Tensor, ...Tensor[]])),
      gradFunc: (dy: Tensor, [x, ...weights]: Tensor[]) => {
        const [dx, ...dWeights] = withinBackwardPass(() =>
          tf.grads(value)([copyAfter(x!, [dy]), ...weights], dy),
        );
        // what comes before this net waits for all of its gradients: else their turn may come last, and all
        // that was made anew is kept till then
        return [copyAfter(dx!, dWeights), ...dWeights];
      },
    };
  });
  return { params: net.params, apply: (params, x) => withGradient(x, ...names.map((name) => params[name]!)) };
}

/** tfjs lets go of its tape after a gradient that is taken within the backward pass of another, which needs
 *  it still. */
function withinBackwardPass<T>(gradients: () => T): T {
  const { state } = tf.engine();
  const { activeTape } = state;
  const result = gradients();
  state.activeTape = activeTape;
  return result;
}

const named = (names: readonly string[], weights: readonly Tensor[]): Params =>
  Object.fromEntries(names.map((name, i) => [name, weights[i]!]));

/** x, in a graph not before `others` are there: what is made of it waits for the backward pass, and is none
 *  of what the forward pass made. */
const copyAfter = (x: Tensor, others: readonly Tensor[]): Tensor =>
  isRecording()
    ? tensorflowBackend().executeSingleOutput('CopyAfter', [typeAttr('T', 'float32')], [x, ...others])
    : tf.clone(x);
