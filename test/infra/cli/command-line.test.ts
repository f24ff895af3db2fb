/** The command line as a process: what it says and how it ends where nothing may start. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { exitCodes } from '../../../infra/base/exit-codes.ts';
import { typescriptArguments } from '../../../infra/base/typescript-arguments.ts';

const main = fileURLToPath(new URL('../../../infra/cli/main.ts', import.meta.url));
const recordBytes = 3073;
let folder: string;
let out: string;

function counterflow(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const env = { ...process.env, NO_COLOR: '1', COUNTERFLOW_DEBUG: '' };
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [...typescriptArguments(), main, ...args],
      { env },
      (error, stdout, stderr) => {
        resolve({ code: error ? Number(error.code) : 0, stdout, stderr });
      },
    );
  });
}

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'counterflow-cli-'));
  out = join(folder, 'runs');
});
after(() => rm(folder, { recursive: true }));

describe(
  'a run that cannot start ends with one sentence, its exit code and nothing written',
  { concurrency: 2 },
  () => {
    const cases: readonly (readonly [
      what: string,
      args: readonly string[],
      code: number,
      sentence: RegExp,
    ])[] = [
      [
        'an unknown experiment',
        ['eight-gausians'],
        exitCodes.badInput,
        /\(eight-gaussians, .*\), got "eight-gausians"; did you mean eight-gaussians\?/,
      ],
      [
        'a wrong type in --set',
        ['spiral', '--set', 'contrast.updates=many'],
        exitCodes.badInput,
        /--set contrast\.updates to be a number, got "many"/,
      ],
      [
        'a seed that is no whole number',
        ['spiral', '--seed', '1.5'],
        exitCodes.badInput,
        /--seed <n>.*'1\.5'.*whole number/,
      ],
      ['no data folder', ['cifar10-quick'], exitCodes.badInput, /Expected --data-dir DIR/],
      [
        'no folder for SVHN',
        ['cifar10-quick', '--set', 'dataset={"kind":"svhn"}'],
        exitCodes.badInput,
        /Expected --data-dir DIR with SVHN's train_32x32\.mat .*, got none; or get them with --download/,
      ],
      [
        'no folder for CelebA',
        ['cifar10-quick', '--set', 'dataset={"kind":"celeba"}'],
        exitCodes.badInput,
        /Expected --data-dir DIR with CelebA's img_align_celeba\/ .*, got none\.$/m,
      ],
      [
        'a download of what cannot be downloaded',
        ['spiral', '--download'],
        exitCodes.badInput,
        /Expected --download with a data set that can be downloaded \(cifar10, mnist, svhn\), got toy/,
      ],
      [
        "a crop CelebA's images do not have",
        ['cifar10-quick', '--set', 'dataset={"kind":"celeba","crop":200}'],
        exitCodes.badInput,
        /--set dataset\.crop .*178, got 200/,
      ],
      [
        'a flow of too many levels for the images',
        ['cifar10-quick', '--set', 'dataset={"kind":"folder","size":20}'],
        exitCodes.badInput,
        /levels.* at most 2, for each level halves the 20 x 20 images/,
      ],
      [
        'a missing data folder',
        ['cifar10-quick', '--data-dir', '/nowhere/cifar10'],
        exitCodes.badInput,
        /--data-dir to be an existing folder, got "\/nowhere\/cifar10"/,
      ],
      [
        'a missing feature network',
        ['spiral', '--features', '/nowhere.onnx'],
        exitCodes.badInput,
        /--features to be an existing file, got "\/nowhere\.onnx"/,
      ],
      [
        'two feature networks',
        ['spiral', '--fid', '--features', main],
        exitCodes.badInput,
        /Expected --fid or --features, got both/,
      ],
      [
        'statistics of no network',
        ['spiral', '--reference', main],
        exitCodes.badInput,
        /Expected --features FILE or --fid beside --reference/,
      ],
      [
        'a bad address',
        ['spiral', '--address', 'localhost'],
        exitCodes.badInput,
        /--address <host:port>.*'localhost'.*HOST:PORT/,
      ],
    ];
    for (const [what, args, code, sentence] of cases) {
      test(what, async () => assertRefused(await counterflow('run', ...args, '--out', out), code, sentence));
    }

    test('an address where no server answers', async () => {
      const address = await closedAddress();
      assertRefused(
        await counterflow('run', 'spiral', '--address', address, '--out', out),
        exitCodes.environment,
        new RegExp(`No Temporal server answers at ${address}`),
      );
    });

    test("a CIFAR-10 file whose size is no multiple of a record's", async () => {
      const data = await cifar10Folder({ 'data_batch_3.bin': 2 * recordBytes + 1 });
      const ended = await counterflow(
        'run',
        'cifar10-quick',
        '--data-dir',
        data,
        '--set',
        'dataset.allowPartial=true',
        '--out',
        out,
      );
      assertRefused(
        ended,
        exitCodes.badInput,
        /data_batch_3\.bin should be a multiple of 3073 bytes.*has 6147 bytes/,
      );
    });

    test('fewer images than the official set, where that was not accepted', async () => {
      const data = await cifar10Folder({});
      assertRefused(
        await counterflow('run', 'cifar10-quick', '--data-dir', data, '--out', out),
        exitCodes.badInput,
        /dataset\.allowPartial=true/,
      );
    });
  },
);

test('every command has help with examples and exit codes', { concurrency: 2 }, async () => {
  for (const command of ['run', 'show']) {
    const { code, stdout } = await counterflow(command, '--help');
    assert.equal(code, 0);
    assert.match(stdout, /Examples:\n {2}counterflow /);
    assert.match(stdout, /Exit codes:\n {4}0 {2}done/);
  }
});

test('list and show print JSON that others can read', async () => {
  const record = {
    id: 'spiral-s1-x',
    experiment: 'spiral',
    status: 'completed',
    seed: 1,
    startedAt: '2026-11-01T09:00:00.000Z',
    results: { 'mse.ebmFce': 0.005 },
  };
  const runs = join(folder, 'finished');
  await mkdir(join(runs, record.id), { recursive: true });
  await writeFile(join(runs, record.id, 'run.json'), JSON.stringify(record));
  const [list, show] = await Promise.all([
    counterflow('list', '--json', '--out', runs),
    counterflow('show', 'latest', '--json', '--out', runs),
  ]);
  const { results, ...summary } = record;
  assert.deepEqual(JSON.parse(list.stdout), [{ ...summary, headline: { name: 'mse.ebmFce', value: 0.005 } }]);
  const { kept, ...shown } = JSON.parse(show.stdout) as Record<string, unknown>;
  assert.deepEqual(shown, { ...summary, results });
  assert.deepEqual(
    (kept as object[]).map((one) => Object.keys(one).sort()),
    [['bytes', 'files', 'kind', 'reason']],
  );
});

test('resuming a completed run shows its report and starts nothing', async () => {
  const { code, stdout } = await counterflow('resume', 'latest', '--out', join(folder, 'finished'));
  assert.equal(code, 0);
  assert.match(stdout, /completed {2}spiral-s1-x[^]*Report: .*report\.html/);
  assert(!existsSync(join(folder, 'finished', '.temporal')));
});

describe('whether a run can be cancelled', () => {
  const recorded = async (status: string) => {
    const runs = await mkdtemp(join(folder, 'cancel-'));
    await mkdir(join(runs, 'r'));
    await writeFile(
      join(runs, 'r', 'run.json'),
      JSON.stringify({
        id: 'r',
        experiment: 'spiral',
        status,
        seed: 1,
        startedAt: '2026-11-01T09:00:00.000Z',
      }),
    );
    return runs;
  };

  for (const status of ['failed', 'cancelled']) {
    test(`is asked of the server where the record says ${status}, for it may have been resumed since`, async () => {
      const address = await closedAddress();
      const { code, stderr } = await counterflow(
        'cancel',
        'r',
        '--address',
        address,
        '--out',
        await recorded(status),
      );
      assert.equal(code, exitCodes.environment, stderr);
      assert.match(stderr, new RegExp(`No Temporal server answers at ${address}`));
    });
  }

  test('needs no server where it was completed', async () => {
    const { code, stderr } = await counterflow(
      'cancel',
      'r',
      '--address',
      await closedAddress(),
      '--out',
      await recorded('completed'),
    );
    assert.equal(code, exitCodes.badInput, stderr);
    assert.match(stderr, /r is completed/);
  });
});

function assertRefused(
  { code, stdout, stderr }: Awaited<ReturnType<typeof counterflow>>,
  expected: number,
  sentence: RegExp,
): void {
  assert.equal(code, expected, stderr);
  assert.match(stderr, sentence);
  assert.equal(stderr.trim().split('\n').length, 1, stderr);
  assert.doesNotMatch(stderr, /\n\s+at /);
  assert.equal(stdout, '');
  assert(!existsSync(out), 'nothing is written');
}

/** Two images in every file, but for the sizes given. */
test('each kind of data set is looked at before anything starts', { concurrency: 2 }, async () => {
  const data = await mkdtemp(join(folder, 'kinds-'));
  await writeFile(join(data, 'train_32x32.mat'), 'MATLAB 5.0, or is it?');
  await writeFile(join(data, 'train-images-idx3-ubyte'), 'no digits');
  await writeFile(join(data, 'list_eval_partition.txt'), '000001.jpg 0\n');
  const cases: readonly (readonly [dataset: string, sentence: RegExp])[] = [
    ['{"kind":"svhn"}', /train_32x32\.mat is not a whole MATLAB 5 file/],
    ['{"kind":"mnist"}', /train-labels-idx1-ubyte\.gz is missing/],
    ['{"kind":"celeba"}', /img_align_celeba\/ or img_align_celeba\.zip, and has neither/],
    ['{"kind":"folder"}', /kinds-\w+ should hold images .* it holds 0 and 0/],
  ];
  for (const [dataset, sentence] of cases) {
    assertRefused(
      await counterflow(
        'run',
        'cifar10-quick',
        '--data-dir',
        data,
        '--set',
        `dataset=${dataset}`,
        '--out',
        out,
      ),
      exitCodes.badInput,
      sentence,
    );
  }
});

async function cifar10Folder(sizes: Readonly<Record<string, number>>): Promise<string> {
  const data = await mkdtemp(join(folder, 'cifar10-'));
  for (const name of [...[1, 2, 3, 4, 5].map((i) => `data_batch_${i}.bin`), 'test_batch.bin']) {
    await writeFile(join(data, name), new Uint8Array(sizes[name] ?? 2 * recordBytes));
  }
  return data;
}

async function closedAddress(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `127.0.0.1:${port}`;
}
