/** What a process holds and has done, as the kernel counts it. Null, or 0, once it is gone. */
import { readFileSync, writeFileSync } from 'node:fs';

/** Resident memory now, bytes. */
export const residentBytes = (pid: number): number => statusField(pid, 'VmRSS') ?? 0;

/** The most that was resident at once, bytes, since the start or `forgetPeak`. */
export const peakBytes = (pid: number): number | null => statusField(pid, 'VmHWM');

/** The peak is counted anew from what is resident now; where the system does not let us, it stays. */
export function forgetPeak(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/clear_refs`, '5');
  } catch {
    // an older, higher peak is no harm but to those who wait for memory
  }
}

export interface Work {
  /** Processor time of all its threads, seconds. */
  readonly cpuSeconds: number;
  /** Read and written, bytes. */
  readonly moved: number;
}

/** Null: the process is gone. */
export function workOf(pid: number): Work | null {
  const stat = contentOf(`/proc/${pid}/stat`);
  if (stat === null) return null;
  // behind the program's name, which may hold anything, come the fields from the third on
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const io = contentOf(`/proc/${pid}/io`) ?? '';
  const moved = ['rchar', 'wchar'].reduce(
    (sum, name) => sum + Number(new RegExp(`^${name}: (\\d+)`, 'm').exec(io)?.[1] ?? 0),
    0,
  );
  return { cpuSeconds: (Number(fields[11]) + Number(fields[12])) / ticksPerSecond, moved };
}

/** Of every Linux on x64. */
const ticksPerSecond = 100;

function statusField(pid: number, name: string): number | null {
  const found = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(contentOf(`/proc/${pid}/status`) ?? '');
  return found ? Number(found[1]) * 1024 : null;
}

function contentOf(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}
