/** Networks given as `--features FILE.onnx`. */
import { execFileSync } from 'node:child_process';
import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import protobuf from 'protobufjs';
import { sparseFile } from './bombs.ts';
import type { HostileCase, Place } from './hostile-case.ts';

type Part = Uint8Array;
const message = (fill: (writer: protobuf.Writer) => void): Part => {
  const writer = protobuf.Writer.create();
  fill(writer);
  return writer.finish();
};
const number = (field: number, value: number): Part => message((w) => w.uint32(field << 3).int64(value));
const bytes = (field: number, ...parts: readonly (Part | string)[]): Part =>
  message((w) => w.uint32((field << 3) | 2).bytes(Buffer.concat(parts.map((part) => Buffer.from(part)))));

const value = (field: number, name: string, shape: readonly (number | string)[]): Part =>
  bytes(
    field,
    bytes(1, name),
    bytes(
      2,
      bytes(
        1,
        number(1, 1),
        bytes(
          2,
          ...shape.map((size) => bytes(1, typeof size === 'number' ? number(1, size) : bytes(2, size))),
        ),
      ),
    ),
  );
const dims = (shape: readonly number[]): Part[] => shape.map((size) => number(1, size));
/** TensorProto of floats. */
const tensor = (name: string, shape: readonly number[], ...more: readonly Part[]): Part =>
  Buffer.concat([...dims(shape), number(2, 1), bytes(8, name), ...more]);
/** A tensor whose values lie in a file beside the model. */
const external = (
  name: string,
  location: string,
  shape: readonly number[] = [4],
  more: readonly Part[] = [],
): Part =>
  tensor(
    name,
    shape,
    ...[
      ['location', location],
      ['offset', '0'],
      ['length', String(4 * shape.reduce((a, b) => a * b, 1))],
    ].map(([key, text]) => bytes(13, bytes(1, key!), bytes(2, text!))),
    number(14, 1),
    ...more,
  );
const node = (
  op: string,
  inputs: readonly string[],
  outputs: readonly string[],
  ...attributes: readonly Part[]
): Part =>
  bytes(
    1,
    ...inputs.map((name) => bytes(1, name)),
    ...outputs.map((name) => bytes(2, name)),
    bytes(4, op),
    ...attributes.map((one) => bytes(5, one)),
  );
const attribute = (name: string, type: number, ...parts: readonly Part[]): Part =>
  Buffer.concat([bytes(1, name), ...parts, number(20, type)]);
const graph = (...parts: readonly Part[]): Part =>
  Buffer.concat([
    ...parts,
    bytes(2, 'g'),
    value(11, 'x', ['n', 3, 8, 8]),
    value(12, 'features', ['n', 3, 8, 8]),
  ]);
const model = (content: Part, ...more: readonly Part[]): Part =>
  Buffer.concat([number(1, 8), bytes(7, content), bytes(8, number(2, 17)), ...more]);
const identity = node('Identity', ['x'], ['features']);
const plus = node('Add', ['x', 'w'], ['features']);
const withWeights = (w: Part, ...more: readonly Part[]): Part => model(graph(plus, bytes(5, w), ...more));

const withFile = (name: string, content: (place: Place) => Part): HostileCase => ({
  name,
  make(place) {
    const file = join(place.root, 'network.onnx');
    writeFileSync(join(place.root, 'beside.bin'), Buffer.alloc(64));
    writeFileSync(join(place.outside, 'weights.bin'), Buffer.alloc(64));
    writeFileSync(file, content(place));
    return { entry: 'features', file };
  },
});
const externalAt = (name: string, location: (place: Place) => string): HostileCase =>
  withFile(`values in a file: ${name}`, (place) => withWeights(external('w', location(place))));
const secret = '../outside/secret';
const sparseTensor = (values: Part, size: number): Part =>
  Buffer.concat([
    bytes(1, values),
    bytes(2, Buffer.concat([number(1, 1), number(2, 7), bytes(8, 'i'), bytes(9, Buffer.alloc(8))])),
    number(3, size),
  ]);
const nestedGraphs = (deep: number): Part => {
  let inner: Part = Buffer.from(graph(identity));
  for (let i = 0; i < deep; i++)
    inner = graph(node('If', ['c'], ['features'], attribute('then_branch', 5, bytes(6, inner))));
  return inner;
};

export const onnxCases: readonly HostileCase[] = [
  externalAt('above', () => '../outside/weights.bin'),
  externalAt('far above', () => '../../../../../../../../etc/passwd'),
  externalAt('of an absolute name', ({ outside }) => join(outside, 'weights.bin')),
  externalAt('/etc/passwd', () => '/etc/passwd'),
  externalAt('by a way round', () => './a/../../outside/weights.bin'),
  externalAt('a device', () => '/dev/zero'),
  externalAt('with NUL', () => '../outside/weights.bin\0.bin'),
  externalAt('by backslashes', () => '..\\outside\\weights.bin'),
  externalAt('beside the model', () => 'beside.bin'),
  externalAt('of no name', () => ''),
  withFile('values in a file, by a link beside the model', ({ root, outside }) => {
    symlinkSync(join(outside, 'weights.bin'), join(root, 'link.bin'));
    return withWeights(external('w', 'link.bin'));
  }),
  withFile('values in a file that nothing uses', () =>
    model(graph(identity, bytes(5, external('unused', secret)))),
  ),
  withFile('values in a file, of a constant', () =>
    model(graph(node('Constant', [], ['w'], attribute('value', 4, bytes(5, external('', secret)))), plus)),
  ),
  withFile('values in a file, of a list of tensors', () =>
    model(
      graph(identity, node('Custom', [], ['w'], attribute('values', 9, bytes(10, external('', secret))))),
    ),
  ),
  withFile('values in a file, of a branch', () =>
    model(
      graph(
        node(
          'If',
          ['c'],
          ['features'],
          attribute('then_branch', 5, bytes(6, graph(plus, bytes(5, external('w', secret))))),
        ),
        bytes(5, tensor('c', [1], bytes(9, Buffer.alloc(4)))),
      ),
    ),
  ),
  withFile('values in a file, of one of many branches', () =>
    model(
      graph(
        identity,
        node(
          'Custom',
          [],
          ['w'],
          attribute('branches', 10, bytes(11, graph(plus, bytes(5, external('w', secret))))),
        ),
      ),
    ),
  ),
  withFile('values in a file, of a sparse weight', () =>
    withWeights(
      tensor('v', [1], bytes(9, Buffer.alloc(4))),
      bytes(15, sparseTensor(external('w', secret, [1]), 4)),
    ),
  ),
  withFile('values in a file, of a sparse constant', () =>
    model(
      graph(
        node(
          'Constant',
          [],
          ['w'],
          attribute('sparse_value', 11, bytes(22, sparseTensor(external('', secret, [1]), 4))),
        ),
        plus,
      ),
    ),
  ),
  withFile('values in a file, of a function', () =>
    model(
      graph(identity),
      bytes(
        25,
        bytes(1, 'f'),
        message((w) =>
          w
            .uint32((7 << 3) | 2)
            .bytes(
              node('Constant', [], ['w'], attribute('value', 4, bytes(5, external('', secret)))).subarray(2),
            ),
        ),
      ),
    ),
  ),
  withFile('values in a file, of a training', () =>
    model(graph(identity), bytes(20, bytes(1, graph(bytes(5, external('w', secret)))))),
  ),
  withFile('values in a file, said twice and taken back', () =>
    withWeights(external('w', secret, [4], [number(14, 0)])),
  ),
  withFile('a weight of 2^40 values that has none', () => withWeights(tensor('w', [2 ** 20, 2 ** 20]))),
  withFile('a weight of 2^40 values, its sizes in one packed list', () =>
    withWeights(
      Buffer.concat([
        message((w) => {
          w.uint32((1 << 3) | 2)
            .fork()
            .int64(2 ** 20)
            .int64(2 ** 20)
            .ldelim();
        }),
        number(2, 1),
        bytes(8, 'w'),
      ]),
    ),
  ),
  withFile('a weight of less than nothing', () => withWeights(tensor('w', [-1, -5]))),
  withFile('a sparse weight of 2^40 values', () =>
    model(graph(plus, bytes(15, sparseTensor(tensor('w', [1], bytes(9, Buffer.alloc(4))), 2 ** 40)))),
  ),
  withFile('branches a thousand deep', () => model(nestedGraphs(1000))),
  withFile('cut in the middle', ({ random }) => {
    const whole = withWeights(tensor('w', [64], bytes(9, Buffer.alloc(256))));
    return whole.subarray(0, Math.floor(whole.length * (0.2 + 0.6 * random())));
  }),
  withFile('what is no protocol buffer', ({ random }) =>
    Buffer.from(Array.from({ length: 4000 }, () => 256 * random())),
  ),
  {
    name: 'a network of 16 GB',
    make({ root }) {
      const file = join(root, 'network.onnx');
      sparseFile(
        file,
        withWeights(tensor('w', [2 ** 30], Buffer.of(0x4a, 0xff, 0xff, 0xff, 0xff, 0x0f))),
        16 * 2 ** 30,
      );
      return { entry: 'features', file };
    },
  },
  {
    name: 'a network that is a FIFO',
    make({ root }) {
      const file = join(root, 'network.onnx');
      execFileSync('mkfifo', [file]);
      return {
        entry: 'command line',
        args: ['run', 'cifar10-quick', '--data-dir', root, '--features', file, '--out', join(root, 'runs')],
      };
    },
  },
];
