/** The network in whose features an FID is taken: Inception v3 as TensorFlow's release of 2015-12-05 has it,
 *  in the weights that pytorch-fid converted. It differs from torchvision's in its pooling: means leave the
 *  padding out, and the last block takes a maximum, which is likely a mistake in that release, and part of
 *  every published FID. Sources: Szegedy et al. 2015; pytorch-fid, inception.py. */
import { onnxType, type ValueInfoProto } from '../graph/onnx-proto.ts';
import type { WeightsByName } from './fold-batch-norm.ts';
import { OnnxBuilder, through, type Image, type OnnxLayer, type OnnxOrigin } from './onnx-builder.ts';

export const fidFeatures = 2048;
const side = 299;
const colours = 3;

/** ONNX (opset 18): `images` [batch, 3, height, width] float32 of 0..255 -> `features` [batch, 2048]. Images
 *  are resized to 299x299 bilinearly between pixel centres, without antialiasing, as pytorch-fid does. Throws
 *  ShapeError or DataError where the weights are another network's. */
export function fidInception(weights: WeightsByName, origin: OnnxOrigin): Uint8Array {
  const net = new OnnxBuilder(weights);
  const resized = net.op(
    'Resize',
    ['images', '', '', net.constant('side', [2], BigInt64Array.of(BigInt(side), BigInt(side)))],
    {
      mode: 'linear',
      coordinate_transformation_mode: 'half_pixel',
      axes: [2, 3],
    },
  );
  // 0..255 -> -1..1
  const scaled = net.op('Mul', [resized, net.constant('scale', [], Float32Array.of(2 / 255))]);
  const input: Image = {
    name: net.op('Sub', [scaled, net.constant('one', [], Float32Array.of(1))]),
    channels: colours,
  };
  const last = through(stem(net), ...blocks(net))(input);
  const mean = net.op('GlobalAveragePool', [last.name]);
  net.op('Flatten', [mean], { axis: 1 }, 'features');
  return net.encode(
    'fid-inception',
    [info('images', ['batch', colours, 'height', 'width'])],
    [info('features', ['batch', last.channels])],
    origin,
  );
}

const stem = (net: OnnxBuilder): OnnxLayer =>
  through(
    net.conv('Conv2d_1a_3x3', [3, 3], { stride: 2, valid: true }),
    net.conv('Conv2d_2a_3x3', [3, 3], { valid: true }),
    net.conv('Conv2d_2b_3x3', [3, 3]),
    net.pool('max', { stride: 2 }),
    net.conv('Conv2d_3b_1x1', [1, 1]),
    net.conv('Conv2d_4a_3x3', [3, 3], { valid: true }),
    net.pool('max', { stride: 2 }),
  );

const blocks = (net: OnnxBuilder): OnnxLayer[] => [
  blockA(net, 'Mixed_5b'),
  blockA(net, 'Mixed_5c'),
  blockA(net, 'Mixed_5d'), // 35x35
  reductionB(net, 'Mixed_6a'),
  blockC(net, 'Mixed_6b'),
  blockC(net, 'Mixed_6c'),
  blockC(net, 'Mixed_6d'),
  blockC(net, 'Mixed_6e'), // 17x17
  reductionD(net, 'Mixed_7a'),
  blockE(net, 'Mixed_7b', 'mean'),
  blockE(net, 'Mixed_7c', 'max'), // 8x8
];

type Kernel = readonly [number, number];
const one: Kernel = [1, 1],
  three: Kernel = [3, 3],
  five: Kernel = [5, 5];
const wide3: Kernel = [1, 3],
  high3: Kernel = [3, 1],
  wide7: Kernel = [1, 7],
  high7: Kernel = [7, 1];
const halved = { stride: 2, valid: true } as const;

const branches =
  (net: OnnxBuilder, ...parts: readonly OnnxLayer[]): OnnxLayer =>
  (x) =>
    net.concat(parts.map((part) => part(x)));

/** Convolutions `<path>_1`, `<path>_2` ... one after the other, the last with `options`. */
const chain = (
  net: OnnxBuilder,
  path: string,
  kernels: readonly Kernel[],
  options?: { readonly stride: number; readonly valid: boolean },
): OnnxLayer =>
  through(
    ...kernels.map((kernel, i) =>
      net.conv(`${path}_${i + 1}`, kernel, i === kernels.length - 1 ? options : {}),
    ),
  );

const pooled = (net: OnnxBuilder, block: string, kind: 'max' | 'mean'): OnnxLayer =>
  through(net.pool(kind, { padding: 1 }), net.conv(`${block}.branch_pool`, one));

const blockA = (net: OnnxBuilder, name: string): OnnxLayer =>
  branches(
    net,
    net.conv(`${name}.branch1x1`, one),
    chain(net, `${name}.branch5x5`, [one, five]),
    chain(net, `${name}.branch3x3dbl`, [one, three, three]),
    pooled(net, name, 'mean'),
  );

const reductionB = (net: OnnxBuilder, name: string): OnnxLayer =>
  branches(
    net,
    net.conv(`${name}.branch3x3`, three, halved),
    chain(net, `${name}.branch3x3dbl`, [one, three, three], halved),
    net.pool('max', { stride: 2 }),
  );

const blockC = (net: OnnxBuilder, name: string): OnnxLayer =>
  branches(
    net,
    net.conv(`${name}.branch1x1`, one),
    chain(net, `${name}.branch7x7`, [one, wide7, high7]),
    chain(net, `${name}.branch7x7dbl`, [one, high7, wide7, high7, wide7]),
    pooled(net, name, 'mean'),
  );

const reductionD = (net: OnnxBuilder, name: string): OnnxLayer =>
  branches(
    net,
    chain(net, `${name}.branch3x3`, [one, three], halved),
    chain(net, `${name}.branch7x7x3`, [one, wide7, high7, three], halved),
    net.pool('max', { stride: 2 }),
  );

const blockE = (net: OnnxBuilder, name: string, pool: 'max' | 'mean'): OnnxLayer =>
  branches(
    net,
    net.conv(`${name}.branch1x1`, one),
    through(
      chain(net, `${name}.branch3x3`, [one]),
      branches(net, net.conv(`${name}.branch3x3_2a`, wide3), net.conv(`${name}.branch3x3_2b`, high3)),
    ),
    through(
      chain(net, `${name}.branch3x3dbl`, [one, three]),
      branches(net, net.conv(`${name}.branch3x3dbl_3a`, wide3), net.conv(`${name}.branch3x3dbl_3b`, high3)),
    ),
    pooled(net, name, pool),
  );

const info = (name: string, shape: readonly (number | string)[]): ValueInfoProto => ({
  name,
  type: {
    tensor_type: {
      elem_type: onnxType.float32,
      shape: {
        dim: shape.map((size) => (typeof size === 'string' ? { dim_param: size } : { dim_value: size })),
      },
    },
  },
});
