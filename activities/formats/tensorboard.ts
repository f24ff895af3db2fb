/** TensorBoard event files: TFRecord framing (tensorflow/core/lib/io/record_writer.h) around `Event` messages
 *  (tensorflow/core/util/event.proto). */
import protobuf from 'protobufjs/light.js';

export interface Scalars {
  readonly step: number;
  /** Seconds since 1970. */
  readonly wallTime: number;
  readonly values: Readonly<Record<string, number>>;
}

/** The part of event.proto and summary.proto that scalars need, with their field numbers. */
const { Field, Type } = protobuf;
const value = new Type('Value').add(new Field('tag', 1, 'string')).add(new Field('simpleValue', 2, 'float'));
const summary = new Type('Summary').add(value).add(new Field('value', 1, 'Value', 'repeated'));
const event = new Type('Event')
  .add(summary)
  .add(new Field('wallTime', 1, 'double'))
  .add(new Field('step', 2, 'int64'))
  .add(new Field('fileVersion', 3, 'string'))
  .add(new Field('summary', 5, 'Summary'));
new protobuf.Root().add(event);

/** The bytes of one event file. */
export function encodeEvents(startedAt: number, lines: readonly Scalars[]): Uint8Array {
  const first = event.encode({ wallTime: startedAt, fileVersion: 'brain.Event:2' }).finish();
  const rest = lines.map(({ step, wallTime, values }) =>
    event
      .encode({
        wallTime,
        step,
        summary: { value: Object.entries(values).map(([tag, simpleValue]) => ({ tag, simpleValue })) },
      })
      .finish(),
  );
  return Buffer.concat([first, ...rest].map(framed));
}

/** length (8 bytes), masked CRC of the length, data, masked CRC of the data; little-endian. */
function framed(data: Uint8Array): Uint8Array {
  const length = Buffer.alloc(8);
  length.writeUInt32LE(data.length);
  return Buffer.concat([length, maskedCrc(length), data, maskedCrc(data)]);
}

function maskedCrc(data: Uint8Array): Uint8Array {
  const crc = crc32c(data);
  const masked = Buffer.alloc(4);
  masked.writeUInt32LE((((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0);
  return masked;
}

/** CRC-32C (Castagnoli), reflected polynomial 0x82f63b78. */
export function crc32c(data: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of data) crc = (crc >>> 8) ^ crcTable[(crc ^ byte) & 0xff]!;
  return (crc ^ 0xffffffff) >>> 0;
}

const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  return crc;
});
