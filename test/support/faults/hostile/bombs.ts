/** Much from little: bytes that unpack to many times their length, without ever being in memory whole. */
import { closeSync, openSync, truncateSync, writeSync } from 'node:fs';
import { constants, deflateRawSync, gzipSync } from 'node:zlib';

const pieceMegabytes = 64;
const piece = (): Buffer => Buffer.alloc(pieceMegabytes << 20);
const pieces = <T>(megabytes: number, one: T): T[] =>
  Array.from({ length: Math.ceil(megabytes / pieceMegabytes) }, () => one);

/** A gzip file of `start`, then of zeros: members behind each other are read as one. */
export const gzipOfZeros = (start: Uint8Array, megabytes: number): Buffer =>
  Buffer.concat([gzipSync(start), ...pieces(megabytes, gzipSync(piece()))]);

/** `start`, then zeros, deflated; blocks that end in a full flush can be repeated. */
export function deflatedZeros(megabytes: number, start: Uint8Array = Buffer.alloc(0)): Buffer {
  const flushed = (bytes: Uint8Array): Buffer =>
    deflateRawSync(bytes, { finishFlush: constants.Z_FULL_FLUSH });
  return Buffer.concat([flushed(start), ...pieces(megabytes, flushed(piece())), deflateRawSync('')]);
}

/** With zlib's header, and a checksum that is wrong in the end. */
export const zlibOfZeros = (start: Uint8Array, megabytes: number): Buffer =>
  Buffer.concat([Buffer.of(0x78, 0x9c), deflatedZeros(megabytes, start), Buffer.alloc(4)]);

/** A file that claims `bytes` and occupies next to none of them. */
export function sparseFile(path: string, start: Uint8Array, bytes: number): void {
  const file = openSync(path, 'w');
  writeSync(file, start);
  closeSync(file);
  truncateSync(path, bytes);
}
