/** Parquet files written by the format's description (apache/parquet-format, parquet.thrift; Thrift's compact
 *  protocol), and so able to lie. */

/** A field: its number, its type's code and its bytes. */
type Field = readonly [id: number, type: number, bytes: Uint8Array];
const types = { int: 5, long: 6, binary: 8, list: 9, struct: 12 } as const;

function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  let left = value;
  for (; left > 127n; left >>= 7n) bytes.push(Number(left & 127n) | 128);
  return Buffer.from([...bytes, Number(left)]);
}
const zigzag = (value: number | bigint): Buffer => {
  const whole = BigInt(value);
  return varint(BigInt.asUintN(64, (whole << 1n) ^ (whole >> 63n)));
};
const binary = (value: string | Uint8Array): Buffer =>
  Buffer.concat([varint(BigInt(Buffer.byteLength(value))), Buffer.from(value as Uint8Array)]);
const list = (type: number, items: readonly Uint8Array[]): Buffer =>
  Buffer.concat([
    items.length < 15
      ? Buffer.of((items.length << 4) | type)
      : Buffer.concat([Buffer.of(0xf0 | type), varint(BigInt(items.length))]),
    ...items,
  ]);

function struct(...fields: readonly (Field | null)[]): Buffer {
  let last = 0;
  return Buffer.concat([
    ...fields
      .filter((field) => field !== null)
      .map(([id, type, bytes]) => {
        const head = Buffer.of(((id - last) << 4) | type);
        last = id;
        return Buffer.concat([head, bytes]);
      }),
    Buffer.of(0),
  ]);
}

export const codecs = { none: 0, snappy: 1, gzip: 2, brotli: 4, lz4: 5, zstd: 6 } as const;

/** A column of one page, and what is said of it where that is not so. */
export interface RawColumn {
  readonly path: readonly string[];
  /** 2: INT64, 6: BYTE_ARRAY. */
  readonly type: 2 | 6;
  /** As the page has it: packed by `codec`. */
  readonly page: Uint8Array;
  readonly codec?: number;
  readonly values: number;
  /** Of the page, unpacked and packed. */
  readonly size?: number;
  readonly packedSize?: number;
  /** Where the page is said to begin. */
  readonly offset?: number | bigint;
  /** Of the whole column, packed. */
  readonly columnSize?: number | bigint;
  /** Another file that is said to hold it. */
  readonly file?: string;
}

interface Lies {
  readonly rows: number | bigint;
  readonly groupSize?: number | bigint;
  /** Of the footer, in bytes. */
  readonly footer?: number;
}

const magic = Buffer.from('PAR1');

/** All fields are required ones, and strings and groups are nothing more: [img {bytes, ...}, label]. */
export function rawParquet(columns: readonly RawColumn[], { rows, groupSize, footer }: Lies): Buffer {
  const pages: Buffer[] = [magic];
  let at = magic.length;
  const chunks = columns.map(
    ({
      path,
      type,
      page,
      codec = codecs.none,
      values,
      size = page.length,
      packedSize = page.length,
      offset = at,
      columnSize,
      file,
    }) => {
      const header = struct(
        [1, types.int, zigzag(0)],
        [2, types.int, zigzag(size)],
        [3, types.int, zigzag(packedSize)],
        [
          5,
          types.struct,
          struct(
            [1, types.int, zigzag(values)],
            [2, types.int, zigzag(0)],
            [3, types.int, zigzag(3)],
            [4, types.int, zigzag(3)],
          ),
        ],
      );
      pages.push(header, Buffer.from(page));
      const length = header.length + page.length;
      at += length;
      return struct(
        file === undefined ? null : [1, types.binary, binary(file)],
        [2, types.long, zigzag(offset)],
        [
          3,
          types.struct,
          struct(
            [1, types.int, zigzag(type)],
            [2, types.list, list(types.int, [zigzag(0)])],
            [3, types.list, list(types.binary, path.map(binary))],
            [4, types.int, zigzag(codec)],
            [5, types.long, zigzag(values)],
            [6, types.long, zigzag(size)],
            [7, types.long, zigzag(columnSize ?? length)],
            [9, types.long, zigzag(offset)],
          ),
        ],
      );
    },
  );
  const metadata = struct(
    [1, types.int, zigzag(1)],
    [2, types.list, list(types.struct, schemaOf(columns))],
    [3, types.long, zigzag(rows)],
    [
      4,
      types.list,
      list(types.struct, [
        struct(
          [1, types.list, list(types.struct, chunks)],
          [2, types.long, zigzag(groupSize ?? at)],
          [3, types.long, zigzag(rows)],
        ),
      ]),
    ],
  );
  const length = Buffer.alloc(4);
  length.writeUInt32LE(footer ?? metadata.length);
  return Buffer.concat([...pages, metadata, length, magic]);
}

/** Paths of one or two names; those of a group stand together. */
function schemaOf(columns: readonly RawColumn[]): Uint8Array[] {
  const required: Field = [3, types.int, zigzag(0)];
  const groups = new Map<string, RawColumn[]>();
  for (const column of columns) groups.set(column.path[0]!, [...(groups.get(column.path[0]!) ?? []), column]);
  const leaf = ({ path, type }: RawColumn): Buffer =>
    struct([1, types.int, zigzag(type)], required, [4, types.binary, binary(path.at(-1)!)]);
  const group = (name: string, children: number): Buffer =>
    struct(required, [4, types.binary, binary(name)], [5, types.int, zigzag(children)]);
  return [
    group('schema', groups.size),
    ...[...groups].flatMap(([name, own]) =>
      own[0]!.path.length === 1 ? own.map(leaf) : [group(name, own.length), ...own.map(leaf)],
    ),
  ];
}

/** As PLAIN has them: texts with their lengths before them, numbers of 8 bytes. */
export const plainTexts = (
  texts: readonly Uint8Array[],
  length = (text: Uint8Array): number => text.length,
): Buffer =>
  Buffer.concat(
    texts.flatMap((text) => {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32LE(length(text));
      return [bytes, text];
    }),
  );
export const plainNumbers = (numbers: readonly number[]): Buffer =>
  Buffer.concat(
    numbers.map((number) => {
      const bytes = Buffer.alloc(8);
      bytes.writeBigInt64LE(BigInt(number));
      return bytes;
    }),
  );

/** Snappy's form (google/snappy, format_description.txt): a length, then copies of 64 bytes from one back. */
export function snappyOf(byte: number, times: number, said = times): Buffer {
  const copies = Math.ceil((times - 1) / 64);
  return Buffer.concat([
    varint(BigInt(said)),
    Buffer.of(0, byte),
    Buffer.alloc(3 * copies, Buffer.of((63 << 2) | 2, 1, 0)),
  ]);
}
