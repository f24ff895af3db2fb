import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { zipSync } from 'fflate';
import { readCheckpoint } from '../../../../activities/formats/pytorch/read-checkpoint.ts';
import { temporaryFolder } from '../../../support/folders.ts';
import { runPython, skipWithout } from '../../../support/python.ts';

const folder = temporaryFolder('checkpoints');

/** Opcodes by hand, as pickletools.py names them. */
const op = {
  global: (module: string, name: string) => Buffer.from(`c${module}\n${name}\n`),
  text: (value: string) => Buffer.concat([Buffer.from([0x8c, value.length]), Buffer.from(value)]),
  int: (value: number) => {
    const b = Buffer.alloc(5);
    b[0] = 0x4a;
    b.writeInt32LE(value, 1);
    return b;
  },
  mark: Buffer.from('('),
  tuple: Buffer.from('t'),
  reduce: Buffer.from('R'),
  build: Buffer.from('b'),
  emptyDict: Buffer.from('}'),
  emptyTuple: Buffer.from(')'),
  none: Buffer.from('N'),
  persistent: Buffer.from('Q'),
  setItems: Buffer.from('u'),
  stop: Buffer.from('.'),
  yes: Buffer.from([0x88]),
  no: Buffer.from([0x89]),
};
const pickle = (...parts: readonly Buffer[]): Buffer =>
  Buffer.concat([Buffer.from([0x80, 2]), ...parts, op.stop]);
const tuple = (...parts: readonly Buffer[]): Buffer => Buffer.concat([op.mark, ...parts, op.tuple]);
const dict = (...parts: readonly Buffer[]): Buffer =>
  Buffer.concat([op.emptyDict, op.mark, ...parts, op.setItems]);
const storage = (count: number, key = '0', type = 'FloatStorage'): Buffer =>
  Buffer.concat([
    tuple(op.text('storage'), op.global('torch', type), op.text(key), op.text('cpu'), op.int(count)),
    op.persistent,
  ]);
interface TensorOptions {
  readonly count: number;
  readonly offset?: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  readonly key?: string;
  readonly type?: string;
  /** The marks that torch keeps beside a view's form. */
  readonly metadata?: Buffer;
}
const tensorArguments = ({ count, offset = 0, shape, strides, key, type, metadata }: TensorOptions): Buffer =>
  tuple(
    storage(count, key, type),
    op.int(offset),
    tuple(...shape.map(op.int)),
    tuple(...strides.map(op.int)),
    op.no,
    op.emptyDict,
    ...(metadata ? [metadata] : []),
  );
const tensor = (options: TensorOptions): Buffer =>
  Buffer.concat([op.global('torch._utils', '_rebuild_tensor_v2'), tensorArguments(options), op.reduce]);
const weights = (...tensors: readonly [string, Buffer][]): Buffer =>
  pickle(dict(...tensors.flatMap(([name, value]) => [op.text(name), value])));
const zip = (data: Buffer, storages: Record<string, Uint8Array> = {}): Uint8Array =>
  zipSync(
    {
      'w/data.pkl': data,
      ...Object.fromEntries(Object.entries(storages).map(([key, bytes]) => [`w/data/${key}`, bytes])),
    },
    { level: 0 },
  );
const floats = (...values: number[]): Buffer => Buffer.from(Float32Array.from(values).buffer);

function legacy(object: Buffer, keys: string[], storages: Uint8Array): Buffer {
  const magic = Buffer.concat([Buffer.from([0x8a, 10]), Buffer.from('6cfc9c46f9206aa85019', 'hex')]);
  const machine = dict(op.text('little_endian'), op.yes);
  return Buffer.concat([
    pickle(magic),
    pickle(op.int(1001)),
    pickle(machine),
    object,
    pickle(Buffer.from(']'), op.mark, ...keys.map(op.text), Buffer.from('e')),
    storages,
  ]);
}
const counted = (count: number, bytes: Buffer): Buffer => {
  const b = Buffer.alloc(8);
  b.writeBigInt64LE(BigInt(count));
  return Buffer.concat([b, bytes]);
};

const refused = (bytes: Uint8Array, why: RegExp): Promise<void> =>
  assert.rejects(readCheckpoint(bytes, 'w.pth'), { name: 'BadInputError', message: why });
const inBothForms = async (object: Buffer, why: RegExp): Promise<void> => {
  await refused(zip(object), why);
  await refused(legacy(object, [], Buffer.alloc(0)), why);
};

describe('a PyTorch checkpoint', () => {
  test('gives its tensors by name in the zip form, strides and offsets applied', async () => {
    const data = weights(
      ['w', tensor({ count: 7, offset: 1, shape: [3, 2], strides: [1, 3] })],
      ['row', tensor({ count: 7, offset: 3, shape: [1, 4], strides: [9, 1] })],
    );
    const read = await readCheckpoint(zip(data, { 0: floats(9, 1, 2, 3, 4, 5, 6) }), 'w.pth');
    assert.deepEqual([...read.keys()], ['w', 'row']);
    assert.deepEqual([...read.get('row')!.values()], [3, 4, 5, 6]);
    assert.deepEqual(
      [read.get('w')!.shape, [...read.get('w')!.values()]],
      [
        [3, 2],
        [1, 4, 2, 5, 3, 6],
      ],
    );
  });

  test('gives the same in the legacy form, whose storages follow in the order of its own list', async () => {
    const data = weights(
      ['a', tensor({ count: 2, shape: [2], strides: [1], key: 'x' })],
      ['b', tensor({ count: 1, shape: [], strides: [], key: 'y' })],
    );
    const read = await readCheckpoint(
      legacy(data, ['y', 'x'], Buffer.concat([counted(1, floats(7)), counted(2, floats(8, 9))])),
      'w.pth',
    );
    assert.deepEqual(
      [...read].map(([name, t]) => [name, [...t.values()]]),
      [
        ['a', [8, 9]],
        ['b', [7]],
      ],
    );
  });

  test('reads half, bfloat16, float64 and int64 exactly', async () => {
    const cases = {
      HalfStorage: Buffer.from([0x00, 0xc0, 0x01, 0x00]),
      BFloat16Storage: Buffer.from([0x80, 0x3f, 0x20, 0xc1]),
      DoubleStorage: Buffer.from(Float64Array.of(0.1, -1e300).buffer),
      LongStorage: Buffer.from(BigInt64Array.of(-5n, 1n << 40n).buffer),
    };
    const expected = {
      HalfStorage: [-2, 2 ** -24],
      BFloat16Storage: [1, -10],
      DoubleStorage: [0.1, -1e300],
      LongStorage: [-5, 2 ** 40],
    };
    for (const [type, bytes] of Object.entries(cases)) {
      const read = await readCheckpoint(
        zip(weights(['w', tensor({ count: 2, shape: [2], strides: [1], type })]), { 0: bytes }),
        'w.pth',
      );
      assert.deepEqual([...read.get('w')!.values()], expected[type as keyof typeof expected], type);
    }
  });

  test('gives a view marked as negated with its sign, and refuses every other mark', async () => {
    const marked = (metadata: Buffer, type?: string) =>
      zip(weights(['w', tensor({ count: 3, shape: [2], strides: [2], metadata, ...(type && { type }) })]), {
        0: type === 'ByteStorage' ? Buffer.alloc(3) : floats(1, 2, -3),
      });
    const read = async (metadata: Buffer) => [
      ...(await readCheckpoint(marked(metadata), 'w.pth')).get('w')!.values(),
    ];
    assert.deepEqual(await read(dict(op.text('neg'), op.yes)), [-1, 3]);
    assert.deepEqual(await read(dict(op.text('neg'), op.no, op.text('conj'), op.no)), [1, -3]);
    assert.deepEqual(await read(op.none), [1, -3]);
    await refused(marked(dict(op.text('conj'), op.yes)), /mark conj, of complex numbers.*resolve_conj/);
    await refused(
      marked(dict(op.text('scaled'), op.yes)),
      /the mark \[scaled,true\], of which nothing is known/,
    );
    await refused(marked(dict(op.text('neg'), op.int(1))), /the mark \[neg,1\], of which nothing is known/);
    await refused(marked(op.yes), /the mark true, of which nothing is known/);
    await refused(marked(dict(op.text('neg'), op.yes), 'ByteStorage'), /ByteStorage is marked as negated/);
  });

  test('gives a tensor with attributes of its own, and a parameter with them, as torch wraps them', async () => {
    const view = { count: 2, shape: [2], strides: [1], metadata: dict(op.text('neg'), op.yes) };
    const wrapped = (type: readonly [string, string]) =>
      Buffer.concat([
        op.global('torch._tensor', '_rebuild_from_type_v2'),
        tuple(
          op.global('torch._utils', '_rebuild_tensor_v2'),
          op.global(...type),
          tensorArguments(view),
          dict(op.text('foo'), op.int(3)),
        ),
        op.reduce,
      ]);
    const parameter = Buffer.concat([
      op.global('torch._utils', '_rebuild_parameter_with_state'),
      tuple(tensor(view), op.yes, op.emptyDict, op.emptyDict),
      op.reduce,
    ]);
    const data = weights(['typed', wrapped(['torch', 'Tensor'])], ['parameter', parameter]);
    const read = await readCheckpoint(zip(data, { 0: floats(1, 2) }), 'w.pth');
    assert.deepEqual(
      [...read].map(([name, one]) => [name, [...one.values()]]),
      [
        ['typed', [-1, -2]],
        ['parameter', [-1, -2]],
      ],
    );
    await refused(
      zip(weights(['w', wrapped(['my.code', 'Tensor'])]), { 0: floats(1, 2) }),
      /it asks for "my\.code\.Tensor"/,
    );
    await refused(
      zip(weights(['w', wrapped(['torch', 'FloatStorage'])]), { 0: floats(1, 2) }),
      /calls typed tensor with 4 arguments/,
    );
  });

  test('is refused where its bytes have another order', async () => {
    const data = weights(['w', tensor({ count: 2, shape: [2], strides: [1] })]);
    const ordered = (order: string) =>
      zipSync(
        { 'w/data.pkl': data, 'w/byteorder': Buffer.from(order), 'w/data/0': floats(1, 2) },
        { level: 0 },
      );
    assert.equal((await readCheckpoint(ordered('little'), 'w.pth')).size, 1);
    await refused(ordered('big'), /its byte order is big, and only little can be read/);
  });

  test('is refused where a tensor leaves its storage, or is larger than it', async () => {
    const of = (options: Parameters<typeof tensor>[0]) =>
      zip(weights(['w', tensor(options)]), { 0: floats(1, 2) });
    await refused(of({ count: 2, offset: 1, shape: [2], strides: [1] }), /does not fit its storage of 2/);
    await refused(of({ count: 2, shape: [1 << 30], strides: [0] }), /does not fit its storage of 2/);
    await refused(of({ count: 2, shape: [2], strides: [-1] }), /should be whole numbers/);
    await refused(of({ count: 3, shape: [2], strides: [1] }), /storage 0 should have 12 bytes, and has 8/);
  });

  test('is refused where it is cut off, changed, or claims more than it has', async () => {
    const data = weights(['w', tensor({ count: 2, shape: [2], strides: [1] })]);
    const whole = zip(data, { 0: floats(1, 2) });
    await refused(whole.subarray(0, whole.length - 10), /no readable zip archive/);
    const changed = whole.slice();
    changed[Buffer.from(whole).indexOf(floats(1, 2))]! ^= 1;
    await refused(changed, /checksum of w\/data\/0 is wrong/);
    await refused(
      zipSync({ 'w/data.pkl': data, 'w/data/0': Buffer.alloc(1e6) }),
      /should have at most \d+ bytes together/,
    );
    const fewer = Buffer.from(whole);
    fewer.writeUInt16LE(1, fewer.length - 12); // files that its end states
    await refused(fewer, /should hold the 1 files it states, and holds 2/);
    await refused(legacy(data, ['0'], counted(2, floats(1))), /8 more are expected/);
    await refused(
      legacy(data, ['0'], counted(1 << 30, floats(1))),
      /should have 2 elements, and has 1073741824/,
    );
    await refused(Buffer.from('<html>not found</html>'), /its pickle has an opcode 0x3c/);
    await refused(Buffer.alloc(0), /ends after 0 bytes/);
  });
});

describe('a checkpoint that would have Python execute something is refused by its name', () => {
  const marker = join(folder, 'executed');
  const command = tuple(op.text(`touch ${marker}`));

  test('os.system and its kind, called', async () => {
    await inBothForms(
      pickle(op.global('os', 'system'), command, op.reduce),
      /it asks for "os\.system".*nothing was executed/,
    );
    await inBothForms(pickle(op.global('posix', 'system'), command, op.reduce), /"posix\.system"/);
    await inBothForms(pickle(op.global('builtins', 'eval'), command, op.reduce), /"builtins\.eval"/);
    await inBothForms(
      pickle(op.global('torch.serialization', 'load'), command, op.reduce),
      /"torch\.serialization\.load"/,
    );
    await inBothForms(pickle(op.global('torch', 'load'), command, op.reduce), /"torch\.load"/);
    assert.ok(!existsSync(marker), 'something was executed');
  });

  test('names that JavaScript objects have of their own', async () => {
    for (const name of ['constructor', '__proto__', 'toString'])
      await inBothForms(
        pickle(op.global('torch', name), op.emptyTuple, op.reduce),
        new RegExp(`"torch\\.${name}"`),
      );
  });

  test('a name put together on the stack', () =>
    inBothForms(
      pickle(op.text('os'), op.text('system'), Buffer.from([0x93]), command, op.reduce),
      /"os\.system"/,
    ));

  test('instances of classes: INST, OBJ, NEWOBJ, and extension codes', async () => {
    await inBothForms(pickle(op.mark, op.text('x'), Buffer.from('ios\nsystem\n')), /opcode 0x69/);
    await inBothForms(
      pickle(op.mark, op.global('collections', 'OrderedDict'), Buffer.from('o')),
      /opcode 0x6f/,
    );
    await inBothForms(
      pickle(op.global('collections', 'OrderedDict'), op.emptyTuple, Buffer.from([0x81])),
      /opcode 0x81/,
    );
    await inBothForms(pickle(Buffer.from([0x82, 1])), /opcode 0x82/);
  });

  test('attributes set on anything but a dictionary', () =>
    inBothForms(
      pickle(op.global('torch', 'FloatStorage'), dict(op.text('__setstate__'), op.none), op.build),
      /gives attributes to what is no dictionary/,
    ));

  test('a known name called otherwise than weights call it', () =>
    inBothForms(
      pickle(op.global('collections', 'OrderedDict'), tuple(op.text('x')), op.reduce),
      /calls OrderedDict with 1 arguments/,
    ));

  test('values taken from an empty stack, a memo never stored, and integers of hundreds of digits', async () => {
    await inBothForms(pickle(op.reduce), /takes a value where there is none/);
    await inBothForms(pickle(Buffer.from('h\x05')), /recalls value 5, which it never stored/);
    await inBothForms(
      pickle(Buffer.concat([Buffer.from([0x8a, 200]), Buffer.alloc(200, 1)])),
      /an integer of 200 bytes/,
    );
  });

  const depth = 20; // 10^20 empty lists
  test(
    'a few hundred bytes of lists that hold each other, wherever a message or a name would tell them '
      + 'whole',
    async () => {
      const [list, append, pop] = [Buffer.from(']'), Buffer.from('e'), Buffer.from('0')];
      const put = (place: number) => Buffer.from([0x71, place]);
      const get = (place: number) => Buffer.from([0x68, place]);
      const holding = (place: number) =>
        Buffer.concat([
          list,
          put(place),
          op.mark,
          ...Array.from({ length: 10 }, () => get(place - 1)),
          append,
          pop,
        ]);
      const nested = Buffer.concat([
        list,
        put(0),
        pop,
        ...Array.from({ length: depth }, (_, i) => holding(i + 1)),
        get(depth),
      ]);
      const startedAt = performance.now();
      await inBothForms(pickle(nested, op.text('x'), Buffer.from([0x93])), /a name of what is no text/);
      await inBothForms(
        pickle(
          tuple(op.text('storage'), op.global('torch', 'FloatStorage'), nested, op.text('cpu'), op.int(1)),
          op.persistent,
        ),
        /no storage/,
      );
      const view = tuple(storage(0), nested, op.emptyTuple, op.emptyTuple, op.no, op.emptyDict);
      await refused(
        zip(pickle(op.global('torch._utils', '_rebuild_tensor_v2'), view, op.reduce), { 0: floats() }),
        /offset \[\[\.\.\.\],.* should be whole numbers/,
      );
      assert.ok(performance.now() - startedAt < 10_000, 'in bounded time');
    },
  );

  test('a million values and more', () =>
    inBothForms(pickle(Buffer.alloc(1_000_001, 'N')), /makes more than 1000000 values/));
});

describe('files that torch itself writes', { skip: skipWithout('torch') }, () => {
  test('are read as torch reads them, in both forms', async () => {
    const script = `
import sys, json, collections, torch
net = torch.nn.Sequential(torch.nn.Conv2d(3, 4, (1, 3), bias=False), torch.nn.BatchNorm2d(4))
state = net.state_dict()
state['transposed'] = torch.arange(6.).reshape(2, 3).t()
state['part'] = torch.arange(10., dtype=torch.float64)[3:7]
state['half'] = torch.tensor([1.5, -2.], dtype=torch.float16)
state['parameter'] = torch.nn.Parameter(torch.ones(3))
state['brain'] = torch.tensor([1.5, -2., 3.]).to(torch.bfloat16)[::2]
state['shared'] = state['transposed'][1]
state['long'] = torch.tensor([[-5, 1 << 40]])
state['true'] = torch.tensor([True, False])
state['scalar'] = torch.tensor(2.5)
state['empty'] = torch.zeros(0, 3)
state['graded'] = torch.ones(2, requires_grad=True)
state['negated'] = torch.tensor([[1 + 2j, 3 - 4j], [0j, 5j]]).conj().imag.t()
state['negated parameter'] = torch.nn.Parameter(torch._neg_view(torch.arange(4.)[1::2]))
state['buffer'] = torch.nn.Buffer(torch._neg_view(torch.ones(2)))
state['with attribute'] = torch.tensor([7.]); state['with attribute'].note = 'x'
state['parameter with attribute'] = torch.nn.Parameter(torch.tensor([8.])); state['parameter with attribute'].note = [1]
torch.save(state, sys.argv[1]); torch.save({'state_dict': state, 'epoch': 3, 'lr': 1e-3}, sys.argv[2])
torch.save(state, sys.argv[3], _use_new_zipfile_serialization=False)
print(json.dumps({k: [list(v.shape), v.detach().double().flatten().tolist()] for k, v in state.items()}))`;
    const files = ['new.pth', 'nested.pth', 'old.pth'].map((name) => join(folder, name));
    const expected = JSON.parse(runPython(['-c', script, ...files])) as Record<string, [number[], number[]]>;
    for (const file of files) {
      const read = await readCheckpoint(readFileSync(file), file);
      assert.deepEqual(
        Object.fromEntries([...read].map(([name, t]) => [name, [t.shape, [...t.values()]]])),
        expected,
        file,
      );
    }
  });

  test('that hold what is not read are refused by its name, with the remedy', async () => {
    const script = `
import sys, torch, warnings
warnings.simplefilter('ignore')
one, complex_ = torch.eye(2), torch.tensor([1 + 2j])
things = {
  'conjugated': complex_.conj(), 'complex': complex_, 'sparse': one.to_sparse(), 'rows': one.to_sparse_csr(), 'quantized': torch.quantize_per_tensor(one, 0.5, 0, torch.qint8),
  'meta': torch.ones(2, device='meta'), 'eighth': one.to(torch.float8_e4m3fn), 'unsigned': torch.ones(2).to(torch.uint16), 'expanded': torch.ones(1).expand(3),
}
for name, value in things.items(): torch.save({'w': value}, sys.argv[1] + '/' + name + '.pt')
torch.save(torch.nn.Sequential(torch.nn.Linear(2, 2)), sys.argv[1] + '/network.pt')`;
    runPython(['-c', script, folder]);
    const reasons = {
      conjugated: /complex numbers.*parts? as tensors/,
      complex: /complex numbers/,
      sparse: /sparse.*to_dense/,
      rows: /sparse.*to_dense/,
      quantized: /quantized.*dequantize/,
      meta: /device meta/,
      eighth: /element type.*\.float\(\)/,
      unsigned: /element type/,
      expanded: /shape \[3\] and strides \[0\].*\.contiguous\(\)/,
      network: /whole network.*state_dict\(\)/,
    };
    for (const [name, reason] of Object.entries(reasons)) {
      await assert.rejects(readCheckpoint(readFileSync(join(folder, `${name}.pt`)), `${name}.pt`), {
        name: 'BadInputError',
        message: reason,
      });
    }
  });
});
