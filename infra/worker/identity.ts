/** What a result depends on beside its inputs: code, native libraries, device; and what a run's record says
 *  of the machine. */
import type { JobName } from '../../activities/ports/compute.ts';
import type { Identity } from '../../activities/ports/ports.ts';
import { jobs } from '../compute/jobs.ts';
import { codeHashOf } from './code-hash.ts';
import { describeEnvironment } from './environment.ts';
import { gpuName } from './hardware.ts';
import { packageVersion } from '../setup/package-version.ts';
import { setUpOrNull } from '../setup/setup-state.ts';

type Entry = Parameters<Identity['codeHash']>[0];

const at = (module: string): URL => new URL(module, import.meta.url);

/** Where the code of what is remembered begins, beside the compute jobs. */
const modules: Readonly<Record<Exclude<Entry, JobName>, URL>> = {
  'measure-updates': jobs['train-segment'].module,
  'prepare-dataset': at('../../activities/datasets/prepare.ts'),
  'write-report': at('../../activities/report/render-report.ts'),
};
const moduleOf = (entry: Entry): URL =>
  entry in jobs ? jobs[entry as JobName].module : modules[entry as keyof typeof modules];

export class LocalIdentity implements Identity {
  /** By module: two entries may begin with the same one. */
  readonly #hashes = new Map<string, Promise<string>>();

  /** Of the code as it was when first asked; what runs was read at about that time too. */
  codeHash(entry: Entry): Promise<string> {
    const module = moduleOf(entry);
    const known = this.#hashes.get(module.href);
    if (known) return known;
    const hash = codeHashOf(module);
    this.#hashes.set(module.href, hash);
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
