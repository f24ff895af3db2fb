/** Every bijection and whole Glow, small: what the laws, the replay and the ONNX export are tried on. */
import { actNorm } from '../../models/flow/act-norm.ts';
import { affineCoupling } from '../../models/flow/affine-coupling.ts';
import type { Bijection } from '../../models/flow/bijection.ts';
import { chain } from '../../models/flow/chain.ts';
import { flowSchema, type ScaleConfig } from '../../models/flow/config.ts';
import { imageNet, vectorNet } from '../../models/flow/coupling-net.ts';
import { flattenImage } from '../../models/flow/flatten-image.ts';
import { createFlow } from '../../models/flow/flow.ts';
import { invertibleConv } from '../../models/flow/invertible-conv.ts';
import { learnedPrior } from '../../models/flow/learned-prior.ts';
import { split } from '../../models/flow/split.ts';
import { squeeze } from '../../models/flow/squeeze.ts';
import type { Case } from './laws.ts';

const tanh: ScaleConfig = { kind: 'tanh', bound: 1.5 };
const sigmoid: ScaleConfig = { kind: 'sigmoid' };
const image = [4, 4, 3] as const;
const flow =
  (config: object, shape: readonly number[]): (() => Bijection) =>
  () =>
    createFlow(flowSchema.parse(config), shape);

export const bijectionCases: Case[] = [];
const add = (one: Case): number => bijectionCases.push(one);

add({ name: 'actNorm of vectors', shape: [6], make: () => actNorm(6), noise: 0.5 });
add({ name: 'actNorm of images', shape: image, make: () => actNorm(3), noise: 0.5 });
for (const mixing of ['lu', 'orthogonal'] as const) {
  for (const channels of [1, 2, 3, 6]) {
    add({
      name: `invertibleConv ${mixing} of ${channels} channels`,
      shape: [channels],
      make: () => invertibleConv(channels, mixing, 'here'),
      noise: 0.2,
    });
  }
  add({
    name: `invertibleConv ${mixing} of images`,
    shape: image,
    make: () => invertibleConv(3, mixing, 'here'),
  });
  add({
    name: `invertibleConv ${mixing} of 48 channels`,
    shape: [48],
    make: () => invertibleConv(48, mixing, 'here'),
    noise: 0.05,
  });
}
// stored permutations stay what they are under noise well below a half
for (const channels of [1, 2, 6, 48]) {
  add({
    name: `invertibleConv lu-stored of ${channels} channels`,
    shape: [channels],
    make: () => invertibleConv(channels, 'lu-stored', 'here'),
    noise: 0.05,
  });
}
add({
  name: 'invertibleConv lu-stored of images',
  shape: image,
  make: () => invertibleConv(3, 'lu-stored', 'here'),
});
for (const scale of [tanh, sigmoid]) {
  add({
    name: `affineCoupling ${scale.kind} of vectors`,
    shape: [4],
    make: () => affineCoupling(4, vectorNet(2, 4, 8, 2), scale),
    noise: 0.3,
  });
  add({
    name: `affineCoupling ${scale.kind} of images`,
    shape: [4, 4, 2],
    make: () => affineCoupling(2, imageNet(1, 2, 8), scale),
    noise: 0.3,
  });
}
add({ name: 'squeeze', shape: image, make: () => squeeze(image) });
add({ name: 'flattenImage', shape: image, make: () => flattenImage(image) });
add({ name: 'split', shape: [4, 4, 2], make: () => split([4, 4, 2], flattenImage([4, 4, 1])), noise: 0.3 });
add({
  name: 'split of free deviation',
  shape: [4, 4, 2],
  make: () => split([4, 4, 2], flattenImage([4, 4, 1]), 'free'),
  noise: 0.3,
});
add({ name: 'learnedPrior', shape: image, make: () => learnedPrior(3), noise: 0.5 });
add({
  name: 'chain',
  shape: [4],
  make: () => chain({ norm: actNorm(4), mix: invertibleConv(4, 'lu', 'a'), again: actNorm(4) }),
  noise: 0.3,
});
for (const mixing of ['lu', 'orthogonal']) {
  for (const scale of [tanh, sigmoid]) {
    const vector = { kind: 'vector', couplings: 4, width: 16, mixing, scale };
    add({ name: `vector Glow ${mixing} ${scale.kind}`, shape: [2], make: flow(vector, [2]), noise: 0.2 });
    const images = { kind: 'image', levels: 2, depth: 2, width: 8, mixing, scale };
    add({
      name: `image Glow ${mixing} ${scale.kind}`,
      shape: [4, 4, 3],
      make: flow(images, [4, 4, 3]),
      noise: 0.05,
    });
  }
}
const foreign = {
  kind: 'image',
  levels: 2,
  depth: 2,
  width: 8,
  mixing: 'lu-stored',
  scale: sigmoid,
  splitScale: 'free',
  top: 'learned',
};
add({ name: 'image Glow as openai/glow', shape: [4, 4, 3], make: flow(foreign, [4, 4, 3]), noise: 0.05 });
add({
  name: 'vector Glow lu-stored',
  shape: [2],
  make: flow({ kind: 'vector', couplings: 4, width: 16, mixing: 'lu-stored' }, [2]),
  noise: 0.05,
});
