/** How large a network is, in numbers of four bytes, and the counts of layers that sizes are made of. */
export interface NetSize {
  readonly params: number;
  /** Of one datum: what one forward pass keeps for its backward pass. */
  readonly kept: number;
  /** Of one datum: what comes and goes beside it, at the widest place. */
  readonly passing: number;
  /** Steps or layers, each of which is a number of recorded operations. */
  readonly layers: number;
}

/** Weights and biases of a fully connected layer. */
export const denseParams = (inputs: number, outputs: number): number => (inputs + 1) * outputs;

/** Weights and biases of a convolution, or of a transposed one the other way round. */
export const convParams = (size: number, inputs: number, outputs: number): number =>
  (size ** 2 * inputs + 1) * outputs;

/** 4x4 convolutions of stride 2 over images [H, W, C], one for each entry of `channels`. `width`: numbers of
 *  one datum after the last. */
export function stridedSize(
  [h, w, c]: readonly number[],
  channels: readonly number[],
): NetSize & { readonly width: number } {
  const params = channels.reduce((sum, outputs, i) => sum + convParams(4, channels[i - 1] ?? c!, outputs), 0);
  const after = channels.map((outputs, i) => (outputs * h! * w!) / 4 ** (i + 1));
  // each layer's result before and after its activation, and the image itself
  return {
    params,
    kept: h! * w! * c! + 2 * total(after),
    passing: 2 * Math.max(...after),
    layers: channels.length,
    width: after.at(-1)!,
  };
}

/** The same upwards: transposed convolutions back to the image. */
export function transposedSize([h, w, c]: readonly number[], channels: readonly number[]): NetSize {
  const upwards = [...channels].reverse();
  const params = upwards.reduce(
    (sum, inputs, i) => sum + 16 * inputs * (upwards[i + 1] ?? c!) + (upwards[i + 1] ?? c!),
    0,
  );
  const { kept, passing, layers } = stridedSize([h!, w!, c!], channels);
  return { params, kept, passing, layers };
}

/** One network after the other. */
export function together(...nets: readonly NetSize[]): NetSize {
  return {
    params: total(nets.map(({ params }) => params)),
    kept: total(nets.map(({ kept }) => kept)),
    passing: Math.max(...nets.map(({ passing }) => passing)),
    layers: total(nets.map(({ layers }) => layers)),
  };
}

const total = (numbers: readonly number[]): number => numbers.reduce((sum, number) => sum + number, 0);
