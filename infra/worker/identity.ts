/** What a result depends on beside its inputs: code, native libraries, device; and what a run's record says
 *  of the machine. */
import type { Identity } from '../../activities/ports/ports.ts';
import { codeHashOf } from './code-hash.ts';
import { describeEnvironment } from './environment.ts';
import { gpuName } from './hardware.ts';
import { packageVersion } from '../setup/package-version.ts';
import { setUpOrNull } from '../setup/setup-state.ts';

type Entry = Parameters<Identity['codeHash']>[0];

const modules: Readonly<Record<Entry, string>> = {
  'train-segment': '../compute/train-segment.ts',
  'measure-updates': '../compute/train-segment.ts',
  'export-models': '../compute/export-models.ts',
  'prepare-initial-flow': '../compute/prepare-initial-flow.ts',
  'draw-samples': '../compute/evaluate/draw-samples.ts',
  'evaluate-density': '../compute/evaluate/evaluate-density.ts',
  'evaluate-images': '../compute/evaluate/evaluate-images.ts',
  'prepare-features': '../compute/evaluate/prepare-features.ts',
  'feature-statistics': '../compute/evaluate/feature-statistics.ts',
  'prepare-dataset': '../../activities/datasets/prepare.ts',
  'write-report': '../../activities/report/render-report.ts',
};

export class LocalIdentity implements Identity {
  readonly #hashes = new Map<Entry, Promise<string>>();

  /** Of the code as it was when first asked; what runs was read at about that time too. */
  codeHash(entry: Entry): Promise<string> {
    const known = this.#hashes.get(entry);
    if (known) return known;
    const hash = codeHashOf(new URL(modules[entry], import.meta.url));
    this.#hashes.set(entry, hash);
    return hash;
  }

  async native(): Promise<Readonly<Record<string, string>>> {
    return {
      tensorflow: setUpOrNull()?.tensorflow.version ?? 'unknown',
      tfjs: packageVersion('@tensorflow/tfjs-core'),
      onnxruntime: packageVersion('onnxruntime-node'),
      device: setUpOrNull()?.tensorflow.gpu === true ? `gpu: ${gpuName() ?? 'unknown'}` : 'cpu',
    };
  }

  environment(): Promise<Readonly<Record<string, unknown>>> {
    return describeEnvironment();
  }
}
