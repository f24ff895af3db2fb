/** A square TIFF of 32-bit floats, three a pixel: the one image format here whose pixels may be no numbers.
 *  Source: TIFF 6.0, sections 2, 6 and 19. */
const entrySize = 12;

export function floatTiff(side: number, values: Float32Array): Buffer {
  const tags = (
    at: number,
  ): readonly (readonly [tag: number, type: number, count: number, value: number])[] => [
    [256, 4, 1, side],
    [257, 4, 1, side],
    [258, 3, 3, at],
    [259, 3, 1, 1],
    [262, 3, 1, 2],
    [273, 4, 1, at + 12],
    [277, 3, 1, 3],
    [278, 4, 1, side],
    [279, 4, 1, values.byteLength],
    [284, 3, 1, 1],
    [339, 3, 3, at + 6],
  ];
  const length = 8 + 2 + tags(0).length * entrySize + 4;
  const head = Buffer.alloc(length + 12);
  head.write('II*\0');
  head.writeUInt32LE(8, 4);
  head.writeUInt16LE(tags(0).length, 8);
  tags(length).forEach(([tag, type, count, value], i) => {
    const at = 10 + i * entrySize;
    head.writeUInt16LE(tag, at);
    head.writeUInt16LE(type, at + 2);
    head.writeUInt32LE(count, at + 4);
    head.writeUInt32LE(value, at + 8);
  });
  for (let i = 0; i < 3; i++) {
    head.writeUInt16LE(32, length + 2 * i); // bits
    head.writeUInt16LE(3, length + 6 + 2 * i); // floats
  }
  return Buffer.concat([head, new Uint8Array(values.buffer, values.byteOffset, values.byteLength)]);
}
