/** Pieces of any length -> pieces that hold whole records of `size` bytes. What is left over at the end is
 *  dropped: readers check lengths before. */
export async function* wholeRecords(
  pieces: AsyncIterable<Uint8Array>,
  size: number,
): AsyncGenerator<Uint8Array> {
  let rest: Uint8Array = new Uint8Array(0);
  for await (const piece of pieces) {
    const joined = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
    const whole = joined.length - (joined.length % size);
    if (whole > 0) yield joined.subarray(0, whole);
    rest = joined.subarray(whole);
  }
}
