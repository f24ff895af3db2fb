import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { machineMemory, memoryKills } from '../../../infra/compute/machine-memory.ts';
import { memoryBudget } from '../../../infra/compute/memory-budget.ts';
import { forgetPeak, peakBytes, residentBytes, workOf } from '../../../infra/compute/process-usage.ts';
import { temporaryFolder } from '../../support/folders.ts';

const folder = temporaryFolder('machine');
let count = 0;
function rootWith(files: Readonly<Record<string, string>>): string {
  const root = join(folder, `root-${(count += 1)}`);
  for (const [name, content] of Object.entries({
    'proc/meminfo': 'MemTotal: 16000000 kB\nMemFree: 1 kB\nMemAvailable:  8000000 kB\n',
    ...files,
  })) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), content);
  }
  return root;
}

describe('memory of the machine', () => {
  test('here, as the system counts it', () => {
    const { total, available } = machineMemory();
    assert.ok(total <= totalmem() && total > 1e8 && available > 0 && available <= total);
  });

  test('without a control group', () =>
    assert.deepEqual(machineMemory(rootWith({})), { total: 16_000_000 * 1024, available: 8_000_000 * 1024 }));

  test('of a control group of version 2, the smallest on the way up; cached files can be dropped', () => {
    const root = rootWith({
      'proc/self/cgroup': '0::/user.slice/run.scope\n',
      'sys/fs/cgroup/user.slice/run.scope/memory.max': 'max\n',
      'sys/fs/cgroup/user.slice/memory.max': '4000000000\n',
      'sys/fs/cgroup/user.slice/memory.current': '3000000000\n',
      'sys/fs/cgroup/user.slice/memory.stat': 'anon 1\ninactive_file 500000000\n',
      'sys/fs/cgroup/user.slice/memory.events': 'oom 1\noom_kill 2\n',
      'proc/vmstat': 'oom_kill 5\n',
    });
    assert.deepEqual(machineMemory(root), { total: 4e9, available: 1.5e9 });
    assert.equal(memoryKills(root), 7);
  });

  test('of a container, whose own group is the root of what it sees', () => {
    const root = rootWith({
      'proc/self/cgroup': '0::/docker/of/the/host\n',
      'sys/fs/cgroup/memory.max': '2000000000\n',
      'sys/fs/cgroup/memory.current': '100000000\n',
    });
    assert.deepEqual(machineMemory(root), { total: 2e9, available: 1.9e9 });
  });

  test('of version 1, where no limit is a number beyond all memory', () => {
    const memory = 'sys/fs/cgroup/memory';
    const root = rootWith({
      'proc/self/cgroup': '4:memory:/job\n3:cpuset:/\n',
      [`${memory}/memory.limit_in_bytes`]: '9223372036854771712\n',
      [`${memory}/memory.usage_in_bytes`]: '1\n',
      [`${memory}/job/memory.limit_in_bytes`]: '3000000000\n',
      [`${memory}/job/memory.usage_in_bytes`]: '1000000000\n',
      [`${memory}/job/memory.stat`]: 'total_inactive_file 1000\n',
      [`${memory}/job/memory.oom_control`]: 'oom_kill_disable 0\nunder_oom 0\noom_kill 1\n',
    });
    assert.deepEqual(machineMemory(root), { total: 3e9, available: 2e9 + 1000 });
    assert.equal(memoryKills(root), 1);
  });
});

describe('what compute processes may hold', () => {
  test('is what the machine has, but for what the rest needs', () => {
    assert.deepEqual(memoryBudget({ total: 24e9 }, ''), { bytes: 23e9, given: false });
    assert.deepEqual(memoryBudget({ total: 2e9 }, ''), { bytes: 1.75e9, given: false });
  });
  test('or what the environment says', () =>
    assert.deepEqual(memoryBudget({ total: 24e9 }, '2.5'), { bytes: 2.5e9, given: true }));
  for (const wrong of ['0', '-1', '8GB', 'NaN', 'Infinity']) {
    test(`which is no ${wrong}`, () =>
      assert.throws(
        () => memoryBudget({ total: 24e9 }, wrong),
        /Expected COUNTERFLOW_MEMORY_GB to be .* got .*\. Leave it out/,
      ));
  }
});

test('what a process holds, held at most and has done is read from the kernel', () => {
  const { pid } = process;
  const before = { peak: peakBytes(pid)!, work: workOf(pid)! };
  const buffer = Buffer.alloc(200e6, 1);
  assert.ok(residentBytes(pid) > 200e6 && peakBytes(pid)! > 200e6 && before.peak > 0);
  for (let i = 0; i < 3e8; i += 1) Math.sqrt(i);
  readFileSync(process.execPath);
  const { cpuSeconds, moved } = workOf(pid)!;
  assert.ok(
    cpuSeconds > before.work.cpuSeconds + 0.05 && moved > before.work.moved + 1e7,
    `${cpuSeconds} s, ${moved} bytes`,
  );
  assert.equal(buffer.length, 200e6);
  forgetPeak(pid);
  assert.ok(peakBytes(pid)! <= residentBytes(pid) * 1.01 + 1e6);
  assert.deepEqual([workOf(2 ** 30), peakBytes(2 ** 30), residentBytes(2 ** 30)], [null, null, 0]);
});
