/** Reads what set-up found: for the worker, the compute processes and `doctor`. */
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { loaderEnvironment } from './binding.mjs';
import { manifestFile } from './checkout.mjs';
import { SetupError } from './setup-error.mjs';
import type { Manifest } from './set-up.mjs';

export interface Native {
  readonly tensorflow: {
    readonly version: string;
    /** Where it came from: 'pip wheel', 'Python package tensorflow', 'official archive'. */
    readonly source: string;
    readonly dir: string;
    readonly libraryPath: string;
    readonly gpu: boolean;
  };
  readonly temporal: { readonly path: string; readonly version: string; readonly source: string };
  readonly binding: { readonly path: string; readonly sha256: string; readonly compiler: string };
  /** Environment of a process that loads TensorFlow, on top of its own: loader path on a GPU, quiet log,
   *  determinism. */
  readonly tensorflowEnvironment: Readonly<Record<string, string>>;
}

function readManifest(): Manifest {
  try {
    return JSON.parse(readFileSync(manifestFile, 'utf8')) as Manifest;
  } catch {
    throw new SetupError(
      'Counterflow is not set up in this checkout: TensorFlow, its binding and Temporal are unknown. '
        + 'Run `npm start -- doctor` once.',
    );
  }
}

/** Throws SetupError if set-up has not run in this checkout. */
export function readNative(): Native {
  const { tensorflow, temporal, binding } = readManifest();
  const libraryPath = tensorflow.libraries[0]?.path ?? '';
  return {
    tensorflow: {
      version: tensorflow.version,
      source: tensorflow.source,
      dir: dirname(libraryPath),
      libraryPath,
      gpu: tensorflow.gpu,
    },
    temporal,
    binding,
    tensorflowEnvironment: {
      TF_CPP_MIN_LOG_LEVEL: process.env.TF_CPP_MIN_LOG_LEVEL ?? '2',
      TF_DETERMINISTIC_OPS: '1',
      ...loaderEnvironment(tensorflow),
    },
  };
}
