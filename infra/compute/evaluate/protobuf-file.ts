/** Fields of a protocol buffer in a file, one after the other, through a window of some kilobytes. Source:
 *  protobuf.dev/programming-guides/encoding. */
import { readSync } from 'node:fs';

export interface Field {
  readonly field: number;
  /** Has a length of its own: a message, bytes, or a packed list. */
  readonly packed: boolean;
  /** Of a varint; 0 else. */
  readonly value: number;
  /** Where it ends in the file; the reader stands at the beginning of what it holds. */
  readonly end: number;
}

const windowBytes = 1 << 16;
const longestVarint = 10;
const wire = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

export class ProtobufFile {
  /** Place in the file. */
  at = 0;
  readonly #handle: number;
  readonly #refuse: (sentence: string) => Error;
  readonly #window = Buffer.alloc(windowBytes);
  #start = 0;
  #length = 0;

  constructor(handle: number, refuse: (sentence: string) => Error) {
    this.#handle = handle;
    this.#refuse = refuse;
  }

  /** The next field of a message that goes on to `end`. */
  field(end: number): Field {
    const start = this.at;
    const key = this.varint(end);
    const [field, type] = [Math.floor(key / 8), key % 8];
    if (field === 0) throw this.#refuse(`there is no field 0, at byte ${start}`);
    if (type === wire.varint) return { field, packed: false, value: this.varint(end), end: this.at };
    const length =
      type === wire.bytes ? this.varint(end) : type === wire.fixed64 ? 8 : type === wire.fixed32 ? 4 : null;
    if (length === null) throw this.#refuse(`there is no wire type ${type}, at byte ${start}`);
    if (this.at + length > end)
      throw this.#refuse(
        `a field at byte ${start} should end at byte ${this.at + length}, and what it lies in ends `
          + `at byte ${end}`,
      );
    return { field, packed: type === wire.bytes, value: 0, end: this.at + length };
  }

  /** Negative numbers and others beyond 2^53 come out huge and inexact. */
  varint(end: number): number {
    let value = 0;
    for (let i = 0; i < longestVarint && this.at < end; i++) {
      const byte = this.#byte();
      value += (byte & 127) * 2 ** (7 * i);
      if (byte < 128) return value;
    }
    throw this.#refuse(`a number has no end at byte ${this.at}`);
  }

  #byte(): number {
    if (this.at < this.#start || this.at >= this.#start + this.#length) {
      this.#start = this.at;
      this.#length = readSync(this.#handle, this.#window, 0, windowBytes, this.at);
      if (this.#length === 0) throw this.#refuse(`it ends at byte ${this.at}`);
    }
    return this.#window[this.at++ - this.#start]!;
  }
}
