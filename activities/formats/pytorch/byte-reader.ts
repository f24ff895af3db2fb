/** Numbers and bytes one after the other from a file in memory, little-endian; never past its end. */
import { BadInputError } from '../../ports/data-errors.ts';

const longestLine = 1000;
const longestText = 1 << 16;

export class ByteReader {
  at: number;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array, at = 0) {
    this.at = at;
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Throws BadInputError where fewer than `count` bytes are left. */
  take(count: number): Uint8Array {
    if (!(count >= 0 && this.at + count <= this.#bytes.length)) {
      throw new BadInputError(
        `it ends after ${this.#bytes.length} bytes, where ${count} more are expected at byte ${this.at}`,
      );
    }
    this.at += count;
    return this.#bytes.subarray(this.at - count, this.at);
  }

  /** Bytes up to a line feed, which is passed over; a name, and no longer than names are. */
  line(): string {
    const end = this.#bytes.indexOf(10, this.at);
    if (end < 0 || end - this.at > longestLine)
      throw new BadInputError(`a line that begins at byte ${this.at} has no end within ${longestLine} bytes`);
    const text = this.take(end - this.at);
    this.at += 1;
    return Buffer.from(text).toString('utf8');
  }

  text(count: number): string {
    if (count > longestText)
      throw new BadInputError(
        `a text at byte ${this.at} has ${count} bytes, and ${longestText} are the most weights need`,
      );
    return Buffer.from(this.take(count)).toString('utf8');
  }

  uint8(): number {
    return this.#number(1, (at) => this.#view.getUint8(at));
  }

  uint16(): number {
    return this.#number(2, (at) => this.#view.getUint16(at, true));
  }

  int32(): number {
    return this.#number(4, (at) => this.#view.getInt32(at, true));
  }

  uint32(): number {
    return this.#number(4, (at) => this.#view.getUint32(at, true));
  }

  int64(): bigint {
    const at = this.at;
    this.take(8);
    return this.#view.getBigInt64(at, true);
  }

  /** Pickle alone writes its float64 with the highest byte first. */
  float64BigEndian(): number {
    return this.#number(8, (at) => this.#view.getFloat64(at, false));
  }

  #number(width: number, read: (at: number) => number): number {
    const at = this.at;
    this.take(width);
    return read(at);
  }
}
