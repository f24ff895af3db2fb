/** Memory of this machine, or of the control groups this process is in, where those have less. Linux alone;
 *  sizes in bytes. */
import { readFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { dirname, join } from 'node:path';

export interface MachineMemory {
  /** What all processes here may hold together. */
  readonly total: number;
  /** What is free, or can be freed by dropping cached files. */
  readonly available: number;
}

/** `root`: of the file system that `proc` and `sys` are in. */
export function machineMemory(root = '/'): MachineMemory {
  const lines = linesOf(join(root, 'proc/meminfo'));
  const kilobytes = (name: string): number =>
    Number(/\d+/.exec(lines.find((line) => line.startsWith(`${name}:`)) ?? '')?.[0] ?? NaN) * 1024;
  const machine = {
    total: kilobytes('MemTotal') || totalmem(),
    available: kilobytes('MemAvailable') || totalmem(),
  };
  return limitsAround(root).reduce(
    ({ total, available }, { limit, used }) => ({
      total: Math.min(total, limit),
      available: Math.min(available, Math.max(0, limit - used)),
    }),
    machine,
  );
}

/** How many processes the kernel has killed for want of memory, here and in the control groups around us: of
 *  two counts the difference matters. */
export function memoryKills(root = '/'): number {
  const files = [
    join(root, 'proc/vmstat'),
    ...groups(root).map(({ folder, version }) =>
      join(folder, version === 2 ? 'memory.events' : 'memory.oom_control'),
    ),
  ];
  return files.reduce((sum, file) => sum + (fieldOf(file, 'oom_kill') ?? 0), 0);
}

interface Group {
  readonly folder: string;
  readonly version: 1 | 2;
}

/** Our control group and those around it. One that is not to be seen from inside a container has no files. */
function groups(root: string): Group[] {
  return linesOf(join(root, 'proc/self/cgroup')).flatMap((line): Group[] => {
    const [, controllers, path = '/'] = line.split(':');
    if (controllers === '')
      return upFrom(join(root, 'sys/fs/cgroup'), path).map((folder) => ({ folder, version: 2 }));
    return controllers?.split(',').includes('memory')
      ? upFrom(join(root, 'sys/fs/cgroup/memory'), path).map((folder) => ({ folder, version: 1 }))
      : [];
  });
}

function upFrom(mount: string, path: string): string[] {
  const folders = [];
  for (let at = path; at !== '/'; at = dirname(at)) folders.push(join(mount, at));
  return [...folders, mount];
}

function limitsAround(root: string): { readonly limit: number; readonly used: number }[] {
  return groups(root).flatMap(({ folder, version }) => {
    const [limit, used, ...cached] =
      version === 2
        ? ['memory.max', 'memory.current', 'inactive_file', 'active_file', 'slab_reclaimable']
        : ['memory.limit_in_bytes', 'memory.usage_in_bytes', 'total_inactive_file', 'total_active_file'];
    const most = Number(linesOf(join(folder, limit))[0] ?? NaN);
    const held = Number(linesOf(join(folder, used))[0] ?? NaN);
    // "max", or no such file
    if (!Number.isFinite(most)) return [];
    const reclaimable = cached.reduce(
      (sum, name) => sum + (fieldOf(join(folder, 'memory.stat'), name) ?? 0),
      0,
    );
    return [{ limit: most, used: (held || 0) - reclaimable }];
  });
}

/** Of lines `name value`. */
function fieldOf(file: string, name: string): number | null {
  const line = linesOf(file).find((one) => one.startsWith(`${name} `));
  return line === undefined ? null : Number(line.slice(name.length + 1));
}

function linesOf(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').trim().split('\n');
  } catch {
    return [];
  }
}
