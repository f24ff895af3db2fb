/** Gives one input to its entry, in this process alone, and reports the end, the time and the memory:
 *  `read-input.ts GIVEN REPORT`. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Given } from './hostile-case.ts';

export interface Report {
  /** The error's name and message, `null` where the input was taken. */
  readonly error: { readonly name: string; readonly message: string } | null;
  readonly seconds: number;
  /** Peak of the resident memory, MB, with all of Node in it. */
  readonly megabytes: number;
}

const [given, reportPath] = [JSON.parse(readFileSync(process.argv[2]!, 'utf8')) as Given, process.argv[3]!];
const scratch = join(dirname(reportPath), 'scratch');
mkdirSync(scratch, { recursive: true });

type Entry<E> = (given: Extract<Given, { entry: E }>) => Promise<() => Promise<unknown>>;
const entries: { readonly [E in Given['entry']]: Entry<E> } = {
  async dataset({ config, dataDir }) {
    const { openImages, prepareImages } = await import('../../../../activities/datasets/prepare.ts');
    const { hashInputs } = await import('../../../../activities/datasets/hash-inputs.ts');
    const life = { signal: new AbortController().signal, onProgress: () => undefined };
    return async () => {
      const source = await openImages(config, dataDir);
      await prepareImages(config, source, await hashInputs(source.inputs, life), scratch, life).finally(() =>
        source.close?.(),
      );
    };
  },
  async features({ file }) {
    const { prepareFeatures } = await import('../../../../infra/compute/evaluate/prepare-features.ts');
    const job = {
      file,
      name: basename(file),
      shape: [8, 8, 3],
      samples: 100,
      trainCount: 100,
      reference: null,
    };
    return () => prepareFeatures(job, { scratch, threads: 1, onProgress: () => undefined });
  },
  async reference({ file }) {
    const { readGivenReference, requireSound } =
      await import('../../../../infra/compute/evaluate/reference-file.ts');
    return async () => requireSound(await readGivenReference(file, basename(file)), basename(file));
  },
  async checkpoint({ file }) {
    const { readCheckpoint } = await import('../../../../activities/formats/pytorch/read-checkpoint.ts');
    return async () =>
      [...(await readCheckpoint(readFileSync(file), 'w.pth')).values()].map(
        (tensor) => tensor.values().length,
      );
  },
  async safetensors({ file }) {
    const { decodeSafetensors } = await import('../../../../activities/formats/safetensors.ts');
    return async () => decodeSafetensors(readFileSync(file), 'x.safetensors');
  },
  'command line': async ({ args }) => {
    process.argv = [process.argv[0]!, 'counterflow', ...args];
    return () => import('../../../../infra/cli/main.ts');
  },
};

const read = await (entries[given.entry] as (given: Given) => Promise<() => Promise<unknown>>)(given);
const startedAt = performance.now();
let error: Error | null = null;
process.on('exit', () => {
  const peakKb = Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))![1]);
  const report: Report = {
    error: error && { name: error.name, message: error.message },
    seconds: (performance.now() - startedAt) / 1000,
    megabytes: peakKb / 1024,
  };
  writeFileSync(reportPath, JSON.stringify(report));
});
try {
  await read();
} catch (thrown) {
  error = thrown as Error;
}
