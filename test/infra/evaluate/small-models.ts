/** Models in ONNX whose densities, samples and features are known in closed form. */
import { join } from 'node:path';
import { writeOnnx, type OnnxGraph } from '../../support/onnx-file.ts';

const scalar = (value: number) => ({ shape: [], values: Float32Array.of(value) });
const indices = (...values: number[]) => ({
  shape: [values.length],
  values: BigInt64Array.from(values.map(BigInt)),
});

/** log_prob = -|x|^2 / (2 variance) - logNormalizer, energy = |x|^2 / (2 variance). x [batch, ...shape]. */
export async function gaussianModel(
  folder: string,
  name: string,
  {
    shape = [2],
    variance = 1,
    logNormalizer = 0,
    withEnergy = false,
  }: { shape?: number[]; variance?: number; logNormalizer?: number; withEnergy?: boolean },
): Promise<string> {
  const graph: OnnxGraph = {
    nodes: [
      { op: 'Mul', inputs: ['x', 'x'], outputs: ['square'] },
      { op: 'ReduceSum', inputs: ['square', 'axes'], outputs: ['sum'], attributes: { keepdims: 0 } },
      { op: 'Mul', inputs: ['sum', 'scale'], outputs: ['energy'] },
      { op: 'Neg', inputs: ['energy'], outputs: ['f'] },
      { op: 'Sub', inputs: ['f', 'c'], outputs: ['log_prob'] },
    ],
    constants: {
      axes: indices(...shape.map((_, i) => i + 1)),
      scale: scalar(1 / (2 * variance)),
      c: scalar(logNormalizer),
    },
    inputs: { x: ['batch', ...shape] },
    outputs: { log_prob: ['batch'], ...(withEnergy && { energy: ['batch'] }) },
  };
  const path = join(folder, `${name}.onnx`);
  await writeOnnx(path, graph);
  return path;
}

/** x = scale * z, shaped; with `op: 'Sqrt'` x = sqrt(scale * z), which is no number for half of the
 *  latents. */
export async function scaleSampler(
  folder: string,
  name: string,
  { shape = [2], scale = 1, op = 'Identity' }: { shape?: number[]; scale?: number; op?: 'Identity' | 'Sqrt' },
): Promise<string> {
  const path = join(folder, `${name}.onnx`);
  const dim = shape.reduce((a, b) => a * b, 1);
  await writeOnnx(path, {
    nodes: [
      { op: 'Mul', inputs: ['z', 'scale'], outputs: ['scaled'] },
      { op, inputs: ['scaled'], outputs: ['flat'] },
      { op: 'Reshape', inputs: ['flat', 'shape'], outputs: ['x'] },
    ],
    constants: { scale: scalar(scale), shape: indices(-1, ...shape) },
    inputs: { z: ['batch', dim] },
    outputs: { x: ['batch', ...shape] },
  });
  return path;
}

/** features = mean of each colour, [batch, 3]; an output before it that is not to be taken. */
export async function meanColourNetwork(
  folder: string,
  [height, width]: readonly [number, number],
): Promise<string> {
  const path = join(folder, 'mean-colour.onnx');
  await writeOnnx(path, {
    nodes: [
      { op: 'ReduceMax', inputs: ['images'], outputs: ['brightest'], attributes: { keepdims: 0 } },
      { op: 'GlobalAveragePool', inputs: ['images'], outputs: ['features'] },
    ],
    inputs: { images: ['batch', 3, height, width] },
    outputs: { brightest: [], features: ['batch', 3, 1, 1] },
  });
  return path;
}

/** A flow x = scale * z both ways: its density's file with log_prob and z, its sampler with x and log_prob.
 *  `drift` spoils the sampler alone: x = scale * z + drift. */
export async function scaleFlow(
  folder: string,
  name: string,
  { shape, scale = 1, drift = 0 }: { shape: number[]; scale?: number; drift?: number },
): Promise<{ density: string; sampler: string }> {
  const dim = shape.reduce((a, b) => a * b, 1);
  const ofLatent = [
    { op: 'Mul', inputs: ['z', 'z'], outputs: ['square'] },
    { op: 'ReduceSum', inputs: ['square', 'axis'], outputs: ['sum'], attributes: { keepdims: 0 } },
    { op: 'Mul', inputs: ['sum', 'minusHalf'], outputs: ['f'] },
    { op: 'Sub', inputs: ['f', 'c'], outputs: ['log_prob'] },
  ];
  const constants = {
    axis: indices(1),
    minusHalf: scalar(-0.5),
    c: scalar(dim * (Math.log(scale) + 0.5 * Math.log(2 * Math.PI))),
    scale: scalar(scale),
    drift: scalar(drift),
    imageShape: indices(-1, ...shape),
    latentShape: indices(-1, dim),
  };
  const paths = {
    density: join(folder, `${name}-density.onnx`),
    sampler: join(folder, `${name}-sampler.onnx`),
  };
  await writeOnnx(paths.density, {
    nodes: [
      { op: 'Reshape', inputs: ['x', 'latentShape'], outputs: ['flat'] },
      { op: 'Div', inputs: ['flat', 'scale'], outputs: ['z'] },
      ...ofLatent,
    ],
    constants,
    inputs: { x: ['batch', ...shape] },
    outputs: { log_prob: ['batch'], z: ['batch', dim] },
  });
  await writeOnnx(paths.sampler, {
    nodes: [
      ...ofLatent,
      { op: 'Mul', inputs: ['z', 'scale'], outputs: ['scaled'] },
      { op: 'Add', inputs: ['scaled', 'drift'], outputs: ['moved'] },
      { op: 'Reshape', inputs: ['moved', 'imageShape'], outputs: ['x'] },
    ],
    constants,
    inputs: { z: ['batch', dim] },
    outputs: { x: ['batch', ...shape], log_prob: ['batch'] },
  });
  return paths;
}

/** x = z @ 1 with latents of `latents` numbers: every pixel is their sum. */
export async function sumSampler(
  folder: string,
  name: string,
  { shape, latents }: { shape: number[]; latents: number },
): Promise<string> {
  const dim = shape.reduce((a, b) => a * b, 1);
  const path = join(folder, `${name}.onnx`);
  await writeOnnx(path, {
    nodes: [
      { op: 'MatMul', inputs: ['z', 'ones'], outputs: ['flat'] },
      { op: 'Reshape', inputs: ['flat', 'imageShape'], outputs: ['x'] },
    ],
    constants: {
      ones: { shape: [latents, dim], values: new Float32Array(latents * dim).fill(1) },
      imageShape: indices(-1, ...shape),
    },
    inputs: { z: ['batch', latents] },
    outputs: { x: ['batch', ...shape] },
  });
  return path;
}
