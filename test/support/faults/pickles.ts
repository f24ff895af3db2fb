/** Pickles put together opcode by opcode, as pickletools.py names them, in both forms of torch.save. */
import { zipSync } from 'fflate';

const length4 = (count: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(count >>> 0);
  return bytes;
};
const bytesOf = (...codes: readonly number[]): Buffer => Buffer.from(codes);

export const op = {
  global: (module: string, name: string) => Buffer.from(`c${module}\n${name}\n`),
  text: (value: string) =>
    Buffer.concat([bytesOf(0x58), length4(Buffer.byteLength(value)), Buffer.from(value)]),
  int: (value: number) => {
    const bytes = Buffer.alloc(5);
    bytes[0] = 0x4a;
    bytes.writeInt32LE(value, 1);
    return bytes;
  },
  put: (index: number) => Buffer.concat([bytesOf(0x72), length4(index)]),
  get: (index: number) => Buffer.concat([bytesOf(0x6a), length4(index)]),
  mark: Buffer.from('('),
  tuple: Buffer.from('t'),
  emptyTuple: Buffer.from(')'),
  tuple1: bytesOf(0x85),
  tuple2: bytesOf(0x86),
  list: Buffer.from(']'),
  append: Buffer.from('a'),
  appends: Buffer.from('e'),
  dict: Buffer.from('}'),
  setItem: Buffer.from('s'),
  setItems: Buffer.from('u'),
  none: Buffer.from('N'),
  yes: bytesOf(0x88),
  no: bytesOf(0x89),
  pop: Buffer.from('0'),
  popMark: Buffer.from('1'),
  duplicate: Buffer.from('2'),
  reduce: Buffer.from('R'),
  build: Buffer.from('b'),
  object: Buffer.from('o'),
  newObject: bytesOf(0x81),
  newObjectWithNames: bytesOf(0x92),
  stackGlobal: bytesOf(0x93),
  memoize: bytesOf(0x94),
  persistent: Buffer.from('Q'),
  stop: Buffer.from('.'),
  instance: (module: string, name: string) => Buffer.from(`i${module}\n${name}\n`),
  persistentText: (id: string) => Buffer.from(`P${id}\n`),
  raw: (...codes: readonly number[]) => bytesOf(...codes),
  length4,
};

export const pickle = (...parts: readonly Uint8Array[]): Buffer =>
  Buffer.concat([bytesOf(0x80, 2), ...parts, op.stop]);
export const tuple = (...parts: readonly Uint8Array[]): Buffer =>
  Buffer.concat([op.mark, ...parts, op.tuple]);
const dictOf = (...parts: readonly Uint8Array[]): Buffer =>
  Buffer.concat([op.dict, op.mark, ...parts, op.setItems]);

export const zipForm = (
  object: Uint8Array,
  storages: Readonly<Record<string, Uint8Array>> = {},
): Uint8Array =>
  zipSync(
    {
      'w/data.pkl': object,
      ...Object.fromEntries(Object.entries(storages).map(([key, bytes]) => [`w/data/${key}`, bytes])),
    },
    { level: 0 },
  );

/** Magic number, protocol and machine, then the object, the keys of its storages and these. */
export function oldForm(
  object: Uint8Array,
  keys: Uint8Array = pickle(op.list),
  storages: Uint8Array = Buffer.alloc(0),
): Buffer {
  const magic = Buffer.from('8a0a6cfc9c46f9206aa85019', 'hex');
  return Buffer.concat([
    pickle(magic),
    pickle(op.int(1001)),
    pickle(dictOf(op.text('little_endian'), op.yes)),
    object,
    keys,
    storages,
  ]);
}
