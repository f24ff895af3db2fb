/** Networks and statistics that distances are taken with: numbers that are none would otherwise show at the
 *  end of a run, in its figures. */
import { encodeNpz } from '../../../../activities/formats/npz.ts';
import { onnxBytes } from '../../onnx-file.ts';
import { withBytes } from './poison.ts';

export interface FeaturePoison {
  readonly name: string;
  readonly network?: (random: () => number) => Uint8Array;
  readonly reference?: (random: () => number) => Uint8Array;
}

/** Features: means of the three colours, times a number. */
export const network = (factor: number): Uint8Array =>
  onnxBytes({
    nodes: [
      { op: 'GlobalAveragePool', inputs: ['images'], outputs: ['means'] },
      { op: 'Mul', inputs: ['means', 'factor'], outputs: ['features'] },
    ],
    constants: { factor: { shape: [], values: Float32Array.of(factor) } },
    inputs: { images: ['batch', 3, 'height', 'width'] },
    outputs: { features: ['batch', 3, 1, 1] },
  });
const dims = 3;
export function statistics(
  change: (mu: Float64Array, sigma: Float64Array) => void = () => undefined,
): Uint8Array {
  const [mu, sigma] = [
    Float64Array.from({ length: dims }, (_, i) => 100 + i),
    Float64Array.from({ length: dims * dims }, (_, i) => (i % (dims + 1) === 0 ? 5 : 0.1)),
  ];
  change(mu, sigma);
  return encodeNpz({ mu: { shape: [dims], values: mu }, sigma: { shape: [dims, dims], values: sigma } });
}
const place = (values: Float64Array, random: () => number): number => Math.floor(random() * values.length);
const cut = (bytes: Uint8Array, random: () => number): Uint8Array =>
  bytes.subarray(0, Math.floor(random() * bytes.length));

export const featurePoisons: readonly FeaturePoison[] = [
  { name: 'a network whose features are not numbers', network: () => network(Number.NaN) },
  { name: 'a network whose features are infinite', network: () => network(Number.POSITIVE_INFINITY) },
  { name: 'a network that is cut', network: (random) => cut(network(1), random) },
  {
    name: 'statistics with a mean that is not a number',
    reference: (random) =>
      statistics((mu) => {
        mu[place(mu, random)] = Number.NaN;
      }),
  },
  {
    name: 'statistics with an infinite covariance',
    reference: (random) =>
      statistics((_, sigma) => {
        sigma[place(sigma, random)] = Number.NEGATIVE_INFINITY;
      }),
  },
  {
    name: 'statistics with a variance below zero',
    reference: (random) =>
      statistics((_, sigma) => {
        sigma[(dims + 1) * Math.floor(dims * random())] = -1;
      }),
  },
  { name: 'statistics that are cut', reference: (random) => cut(statistics(), random) },
  ...[1, 2, 3].map((): FeaturePoison => ({
    name: 'statistics with a bit that is another',
    reference(random) {
      const bytes = statistics();
      const at = Math.floor(random() * bytes.length);
      return withBytes(bytes, at, bytes[at]! ^ (1 << Math.floor(8 * random())));
    },
  })),
];
