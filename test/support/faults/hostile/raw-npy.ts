/** numpy's arrays written by the format's description (numpy/lib/format.py), and so able to lie. */

/** Version 2 has 4 bytes for the header's length. */
export function rawNpy(header: string, data: Uint8Array = Buffer.alloc(0), length = header.length): Buffer {
  const start = Buffer.from('\x93NUMPY\x02\x00\0\0\0\0', 'latin1');
  start.writeUInt32LE(length, 8);
  return Buffer.concat([start, Buffer.from(header), data]);
}

export const npyHeader = (shape: string, type: string, order = 'False'): string =>
  `{'descr': '${type}', 'fortran_order': ${order}, 'shape': (${shape}), }`;
