/** The machine, as far as it can be seen without loading anything. */
import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { join } from 'node:path';

const gpus = '/proc/driver/nvidia/gpus';

export function hardware(): { cpu: string; cores: number; memoryGiB: number; gpu: string | null } {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    gpu: gpuName(),
  };
}

/** The first NVIDIA GPU, as its driver names it. */
export function gpuName(): string | null {
  try {
    const [first] = readdirSync(gpus).sort();
    if (first === undefined) return null;
    return (
      /^Model:\s*(.+)$/m.exec(readFileSync(join(gpus, first, 'information'), 'utf8'))?.[1]?.trim()
      ?? 'NVIDIA GPU'
    );
  } catch {
    return null;
  }
}
