/** How pages of parquet files are unpacked: never to more than was promised, for a page of a few bytes can
 *  say that it has gigabytes. */
import zlib from 'node:zlib';
import { snappyUncompress, type Compressors } from 'hyparquet';
import { BadInputError } from '../ports/data-errors.ts';

/** Unpackers for one row group, whose pages have at most `most` bytes together. They throw BadInputError,
 *  without the file's name. */
export function codecsWithin(most: number): Compressors {
  let left = most;
  const within =
    (unpack: (packed: Uint8Array, size: number) => Uint8Array) =>
    (packed: Uint8Array, size: number): Uint8Array => {
      left -= size;
      if (!(size >= 0 && left >= 0))
        throw new BadInputError(
          `its pages should have at most ${most} bytes in a row group, and say they have more`,
        );
      return unpack(packed, size);
    };
  return {
    SNAPPY: within(snappy),
    GZIP: within((packed, size) => zlib.gunzipSync(packed, { maxOutputLength: atLeastOne(size) })),
    BROTLI: within((packed, size) =>
      zlib.brotliDecompressSync(packed, { maxOutputLength: atLeastOne(size) }),
    ),
    ZSTD: within(zstd),
  };
}

/** zlib takes no limit of 0. */
const atLeastOne = (size: number): number => Math.max(size, 1);

/** No content needs more bytes packed than snappy's MaxCompressedLength says (google/snappy, snappy.cc). */
function snappy(packed: Uint8Array, size: number): Uint8Array {
  if (packed.length > 32 + size + Math.floor(size / 6))
    throw new BadInputError('a page has more bytes packed than unpacked');
  const unpacked = new Uint8Array(size);
  snappyUncompress(packed, unpacked);
  return unpacked;
}

function zstd(packed: Uint8Array, size: number): Uint8Array {
  // Node has it from 22.15 on
  const unpack = (
    zlib as {
      readonly zstdDecompressSync?: (
        bytes: Uint8Array,
        options: { readonly maxOutputLength: number },
      ) => Uint8Array;
    }
  ).zstdDecompressSync;
  if (unpack === undefined)
    throw new BadInputError(`Node ${process.versions.node} cannot unpack zstd, 22.15 and later can`);
  return unpack(packed, { maxOutputLength: atLeastOne(size) });
}
