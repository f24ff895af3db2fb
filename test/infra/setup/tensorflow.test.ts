import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, test } from 'node:test';
import { checkCompiler, loaderEnvironment } from '../../../infra/setup/binding.mjs';
import { cached } from '../../../infra/setup/cache.mjs';
import { tensorflow } from '../../../infra/setup/pins.mjs';
import { python } from '../../../infra/setup/python.mjs';
import { provideTensorFlow } from '../../../infra/setup/tensorflow.mjs';
import { useFakeTools } from '../../support/fake-tools.ts';

/** The program itself: what is on the PATH may be a script that looks for it. */
const onPath = python();
const realPython =
  onPath && execFileSync(onPath, ['-c', 'import sys; print(sys.executable)'], { encoding: 'utf8' }).trim();
tensorflow.archive.url = () => 'http://127.0.0.1:9/';
const members = [
  'tensorflow/libtensorflow_cc.so.2',
  'tensorflow/libtensorflow_framework.so.2',
  'tensorflow/include/tensorflow/c/c_api.h',
  'tensorflow/include/tsl/platform/ctstring.h',
  'tensorflow/include/Eigen/Core',
  'tensorflow/python/pywrap.so',
  'nvidia/cudnn/lib/libcudnn.so.9',
  'nvidia/cuda_nvcc/bin/ptxas',
];

/** A Python whose pip "downloads" a small wheel of the real one's form. */
const pipWith = (names: readonly string[]) => `
if [ "$2" = pip ] && [ "$3" = download ]; then
  while [ "$1" != --dest ]; do shift; done
  exec '${realPython}' -c "import sys, zipfile
with zipfile.ZipFile(sys.argv[1] + '/small.whl', 'w') as wheel: [wheel.writestr(name, name) for name in sys.argv[2:]]" "$2" ${names.join(' ')}
fi
exec '${realPython}' "$@"`;

/** A folder of Python packages with a TensorFlow in it. */
function installed(name: string, version: string, files: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'counterflow-site-'));
  for (const file of files) {
    mkdirSync(join(folder, file, '..'), { recursive: true });
    writeFileSync(join(folder, file), file);
  }
  const info = join(folder, `${name.replace('-', '_')}-${version}.dist-info`);
  mkdirSync(info);
  writeFileSync(join(info, 'METADATA'), `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n`);
  return folder;
}

describe('the ladder to TensorFlow', { skip: realPython ? false : 'no Python on this machine' }, () => {
  const tools = useFakeTools();
  const { signal } = new AbortController();
  afterEach(() => {
    if (process.env.PYTHONPATH) rmSync(process.env.PYTHONPATH, { recursive: true });
    delete process.env.PYTHONPATH;
  });
  const withPip = (names = members) => tools.fake('python3', pipWith(names));

  test('unpacks of the wheel the libraries and the headers, and takes them from the cache afterwards', async () => {
    withPip();
    const { libraries, includeDir, ...rest } = await provideTensorFlow(false, signal);
    const folder = cached('tensorflow', 'wheel-2.21.0-cpu');
    assert.deepEqual(
      libraries.map(({ path }) => path),
      members.slice(0, 2).map((name) => join(folder, name)),
    );
    assert.ok(
      existsSync(join(includeDir, 'tensorflow', 'c', 'c_api.h'))
        && existsSync(join(includeDir, 'tsl', 'platform', 'ctstring.h')),
    );
    assert.equal(
      existsSync(join(includeDir, 'Eigen'))
        || existsSync(join(folder, 'tensorflow', 'python'))
        || existsSync(join(folder, 'wheels')),
      false,
    );
    assert.equal(rest.version, '2.21.0');
    tools.fake('python3', 'exit 1');
    assert.deepEqual(await provideTensorFlow(false, signal), { libraries, includeDir, ...rest });
  });

  test('provides a damaged library anew', async () => {
    withPip();
    const { libraries } = await provideTensorFlow(false, signal);
    writeFileSync(libraries[0]!.path, 'half');
    assert.deepEqual((await provideTensorFlow(false, signal)).libraries, libraries);
  });

  test('leads the loader to the CUDA libraries of a GPU', async () => {
    withPip();
    const found = await provideTensorFlow(true, signal);
    const folder = cached('tensorflow', 'wheel-2.21.0-gpu');
    assert.deepEqual(found.loaderPath, [join(folder, 'nvidia/cudnn/lib')]);
    assert.match(loaderEnvironment(found).LD_LIBRARY_PATH ?? '', new RegExp(`^${folder}/nvidia/cudnn/lib`));
    assert.match(loaderEnvironment(found).PATH ?? '', new RegExp(`^${folder}/nvidia/cuda_nvcc/bin:`));
  });

  test('takes the TensorFlow that Python has, where it lies', async () => {
    tools.fake('python3', pipWith([]));
    process.env.PYTHONPATH = installed('tensorflow-cpu', '2.19.1', members.slice(0, 4));
    const found = await provideTensorFlow(false, signal);
    assert.equal(found.version, '2.19.1');
    assert.equal(found.includeDir, join(process.env.PYTHONPATH, 'tensorflow', 'include'));
  });

  const unfit: [why: string, name: string, version: string, files: string[], gpu: boolean][] = [
    ['of an untried version', 'tensorflow', '2.9.1', members, false],
    ['without the C library', 'tensorflow', '2.21.0', members.slice(1), false],
    ['without GPU support where there is a GPU', 'tensorflow-cpu', '2.21.0', members, true],
  ];
  for (const [why, name, version, files, gpu] of unfit) {
    test(`passes over one ${why}`, async () => {
      withPip();
      process.env.PYTHONPATH = installed(name, version, files);
      assert.equal((await provideTensorFlow(gpu, signal)).source, 'pip wheel');
    });
  }

  test('says what to do without a network', async () => {
    tools.fake(
      'python3',
      'if [ "$3" = download ]; then echo "ERROR: No matching distribution found" >&2; exit 1; fi; '
        + `${pipWith([])}`,
    );
    await assert.rejects(provideTensorFlow(false, signal), {
      name: 'SetupError',
      message: /pip wheel: .*No matching distribution.*official archive: .*Connect to the network/,
    });
  });

  test('says what to do without Python', async () => {
    await assert.rejects(provideTensorFlow(false, signal), {
      name: 'SetupError',
      message: /Python 3 is not on the PATH.*have Python 3 with pip \(`apt-get install python3-pip`\)/,
    });
  });

  test('says what to do without g++', () => {
    assert.throws(checkCompiler, {
      name: 'SetupError',
      message: /g\+\+ is missing.*`apt-get install g\+\+`/,
    });
  });
});
