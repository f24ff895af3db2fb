/** What numpy's `.npy` files say of themselves before their values. Source: numpy/lib/format.py. */

export const npyMagic = Buffer.from('\x93NUMPY', 'latin1');
/** numpy's own have 118 bytes or a little more. */
export const longestNpyHeader = 1 << 16;

export interface NpyHeader {
  /** Of one element, as numpy writes it: `<f4`, `|u1`; empty where the header does not say one, as of a
   *  structure. */
  readonly type: string;
  /** null where the header has none. */
  readonly shape: readonly number[] | null;
  /** Columns first; null where the header does not say. */
  readonly fortran: boolean | null;
}

/** `header` is the text of a Python dictionary. */
export function parseNpyHeader(header: string): NpyHeader {
  const order = /'fortran_order': (True|False)/.exec(header)?.[1];
  return {
    type: /'descr': '([^']*)'/.exec(header)?.[1] ?? '',
    shape:
      /'shape': \(([\d, ]*)\)/
        .exec(header)?.[1]
        ?.split(',')
        .filter((n) => n.trim() !== '')
        .map(Number) ?? null,
    fortran: order === undefined ? null : order === 'True',
  };
}
