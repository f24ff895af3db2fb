/** Colour planes of a square image -> interleaved colours, row-major: image[(row * side + column) * 3 +
 *  colour]. CIFAR-10 stores planes row by row, MATLAB's column-major arrays column by column. */
export function planesToColours(
  planes: Uint8Array,
  image: Uint8Array,
  side: number,
  order: 'rows' | 'columns',
): void {
  const [rowStep, columnStep] = order === 'rows' ? [side, 1] : [1, side];
  let at = 0;
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      const pixel = row * rowStep + column * columnStep;
      for (let colour = 0; colour < 3; colour++) image[at++] = planes[colour * side * side + pixel]!;
    }
  }
}
