import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { crc32c, encodeEvents } from '../../../activities/formats/tensorboard.ts';

describe('a TensorBoard event file', () => {
  test('uses CRC-32C: the check values of RFC 3720, appendix B.4', () => {
    assert.equal(crc32c(Buffer.from('123456789')), 0xe3069283);
    assert.equal(crc32c(Buffer.alloc(32)), 0x8a9136aa);
    assert.equal(crc32c(Buffer.alloc(32, 0xff)), 0x62a8ab43);
  });

  test('frames every event with its length and masked checksums', () => {
    const bytes = Buffer.from(encodeEvents(1000, [{ step: 5, wallTime: 1001.5, values: { value: -1.25 } }]));
    const frames: Buffer[] = [];
    for (let at = 0; at < bytes.length;) {
      const length = Number(bytes.readBigUInt64LE(at));
      assert.equal(bytes.readUInt32LE(at + 8), masked(bytes.subarray(at, at + 8)));
      const data = bytes.subarray(at + 12, at + 12 + length);
      assert.equal(bytes.readUInt32LE(at + 12 + length), masked(data));
      frames.push(data);
      at += 16 + length;
    }
    assert.equal(frames.length, 2);
    // field 1 (wall time, double) and field 3 (file version), as protobuf's wire format has them
    assert.deepEqual(
      frames[0],
      Buffer.concat([
        Buffer.from([0x09]),
        double(1000),
        Buffer.from([0x1a, 13]),
        Buffer.from('brain.Event:2'),
      ]),
    );
    // step (field 2), summary (5) { value (1) { tag (1), simple_value (2, float) } }
    const value = Buffer.concat([
      Buffer.from([0x0a, 5]),
      Buffer.from('value'),
      Buffer.from([0x15]),
      float(-1.25),
    ]);
    const summary = Buffer.concat([Buffer.from([0x0a, value.length]), value]);
    assert.deepEqual(
      frames[1],
      Buffer.concat([
        Buffer.from([0x09]),
        double(1001.5),
        Buffer.from([0x10, 5, 0x2a, summary.length]),
        summary,
      ]),
    );
  });
});

const masked = (data: Uint8Array): number => {
  const crc = crc32c(data);
  return ((((crc >>> 15) | (crc << 17)) >>> 0) + 0xa282ead8) % 2 ** 32;
};
const double = (x: number): Buffer => {
  const b = Buffer.alloc(8);
  b.writeDoubleLE(x);
  return b;
};
const float = (x: number): Buffer => {
  const b = Buffer.alloc(4);
  b.writeFloatLE(x);
  return b;
};
