/** Features of the FID Inception network with random weights, against pytorch-fid with the same weights and
 *  images, in turns. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeNpz, encodeNpz } from '../../activities/formats/npz.ts';
import { readCheckpoint } from '../../activities/formats/pytorch/read-checkpoint.ts';
import { fidInception } from '../../models/inception/fid-inception.ts';
import { uniform } from '../../models/core/random.ts';
import { meter } from '../compute/evaluate/batches.ts';
import { openFeatureNetwork } from '../compute/evaluate/feature-network.ts';
import { inMemory } from '../compute/evaluate/images.ts';
import type { Floats } from '../compute/evaluate/network-values.ts';
import { createOnnxRuntime } from '../compute/evaluate/onnx-runtime.ts';
import { median } from '../../models/metrics/median.ts';
import { pythonWith, Referee } from './referee.ts';
import { relativeDifference } from '../../models/metrics/relative-difference.ts';

export interface MeasuredFeatures {
  readonly batchSize: number;
  /** Images a second. */
  readonly perSecond: number;
  readonly pytorchFid: number;
  readonly ratio: number;
  /** |ours - theirs| / |theirs| */
  readonly difference: number;
}

const batchSize = 50;
/** Of a batch each, in turns: 250 images. */
const runs = 5;
const shape = [32, 32, 3] as const;

/** null where no Python has pytorch-fid. */
export async function inceptionFeatures(threads: number): Promise<MeasuredFeatures | null> {
  const python = pythonWith('pytorch_fid');
  if (python === null) return null;
  const folder = mkdtempSync(join(tmpdir(), 'counterflow-bench-'));
  const referee = new Referee(python, 'pytorch-fid.py', 'serve');
  const runtime = createOnnxRuntime(threads);
  try {
    const at = (name: string): string => join(folder, name);
    await referee.ask({ do: 'weights', new: at('new.pth'), old: at('old.pth') });
    writeFileSync(
      at('inception.onnx'),
      fidInception(await readCheckpoint(readFileSync(at('new.pth')), 'new.pth'), {
        metadata: {},
        version: '',
      }),
    );
    const next = uniform(1, 'bench/images');
    const images = Uint8Array.from(
      { length: batchSize * shape[0] * shape[1] * shape[2] },
      () => 256 * next(),
    );
    writeFileSync(
      at('images.npz'),
      encodeNpz({ images: { shape: [batchSize, ...shape], values: Float32Array.from(images) } }),
    );
    const network = await openFeatureNetwork(at('inception.onnx'), runtime);
    const quiet = () => meter('features', batchSize, { scratch: folder, threads, onProgress: () => {} });
    const [ours, theirs]: [number[], number[]] = [[], []];
    let features: Floats = new Float32Array();
    for (let run = 0; run <= runs; run++) {
      const theirSeconds = Number(
        (
          await referee.ask({
            do: 'features',
            path: at('new.pth'),
            images: at('images.npz'),
            out: at('theirs.npz'),
            batch: batchSize,
          })
        ).seconds,
      );
      const began = performance.now();
      features = (await network.features(inMemory(images, shape), shape, batchSize, quiet())).rows.slice();
      // the first run of each is a warm-up
      if (run > 0) {
        ours.push((performance.now() - began) / 1000);
        theirs.push(theirSeconds);
      }
    }
    const expected = (await decodeNpz(readFileSync(at('theirs.npz')), 'theirs.npz')).get('features')!.values;
    const [perSecond, pytorchFid] = [batchSize / median(ours), batchSize / median(theirs)];
    return {
      batchSize,
      perSecond,
      pytorchFid,
      ratio: perSecond / pytorchFid,
      difference: relativeDifference(features, expected),
    };
  } finally {
    referee.close();
    await runtime.release();
    rmSync(folder, { recursive: true, force: true });
  }
}
