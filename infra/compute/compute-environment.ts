/** Environment of a compute process: what native libraries read once, before they are loaded. */
import { withoutServerSettings } from '../base/without-server-settings.ts';
import { setUpOrNull } from '../setup/setup-state.ts';
import type { ProcessForm } from './process-form.ts';

export function computeEnvironment(form: ProcessForm): Record<string, string | undefined> {
  const common = { ...withoutServerSettings(process.env), NODE_CHANNEL_FD: undefined };
  if (form.kind === 'tensorflow') return { ...common, ...withoutTuning(), ...tensorflowEnvironment(form) };
  return {
    ...common,
    // on its tensor cores CUDA would multiply with 10 bits of mantissa, too far from the CPU's values to be
    // taken
    NVIDIA_TF32_OVERRIDE: '0',
    // unasked, onnxruntime tells its maker of the models it runs, and leaves a file in the temporary folder
    // for every process
    ORT_DISABLE_TELEMETRY: '1',
  };
}

/** What a user's shell says to TensorFlow and its libraries changes sums, and no key would tell: none of it
 *  gets through. */
function withoutTuning(): Record<string, undefined> {
  const names = Object.keys(process.env).filter((name) => /^(TF|OMP|ONEDNN|NVIDIA_TF32)_/.test(name));
  return Object.fromEntries(names.map((name) => [name, undefined]));
}

/** Sums depend on the number of threads, and on the order of reductions unless ops are deterministic. */
function tensorflowEnvironment({ threads, shards }: ProcessForm): Record<string, string> {
  return {
    // 0: TensorFlow takes all cores
    TF_NUM_INTRAOP_THREADS: shards > 1 ? '1' : String(threads),
    TF_NUM_INTEROP_THREADS: shards > 1 ? String(shards) : threads === 1 ? '1' : '2',
    TF_DETERMINISTIC_OPS: '1',
    // by itself TensorFlow takes oneDNN's kernels on processors with AVX-512 alone; with AVX2 a step of Glow
    // takes 0.7 of the time with them
    TF_ENABLE_ONEDNN_OPTS: '1',
    TF_CPP_MIN_LOG_LEVEL: process.env.TF_CPP_MIN_LOG_LEVEL ?? '2',
    ...setUpOrNull()?.tensorflowEnvironment,
    // several processes share one GPU: each takes memory as it needs it
    TF_FORCE_GPU_ALLOW_GROWTH: 'true',
  };
}
