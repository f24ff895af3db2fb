/** Bytes of a stream, asked for by count: what a parser of binary formats needs, in the memory of one
 *  chunk. */

/** The stream ended before the bytes asked for. */
export class EndOfDataError extends Error {
  override readonly name = 'EndOfDataError';
}

const none = new Uint8Array(0);

export class StreamReader {
  readonly #source: AsyncIterator<Uint8Array>;
  #rest: Uint8Array = none;
  /** Bytes given out so far. */
  position = 0;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** Exactly `count` bytes, for headers: they are copied together. Throws EndOfDataError. */
  async take(count: number): Promise<Buffer> {
    const taken = Buffer.allocUnsafe(count);
    let at = 0;
    for await (const piece of this.pieces(count)) {
      taken.set(piece, at);
      at += piece.length;
    }
    return taken;
  }

  /** The next `count` bytes as they come. Throws EndOfDataError after the last of them where there are
   *  fewer. */
  async *pieces(count: number): AsyncGenerator<Uint8Array> {
    for (let left = count; left > 0;) {
      if (this.#rest.length === 0 && !(await this.#refill()))
        throw new EndOfDataError(`The data end ${left} bytes early.`);
      const piece = this.#rest.subarray(0, left);
      this.#rest = this.#rest.subarray(piece.length);
      this.position += piece.length;
      left -= piece.length;
      yield piece;
    }
  }

  async skip(count: number): Promise<void> {
    for await (const _ of this.pieces(count));
  }

  /** Nothing is left; what checks the stream's own end (a checksum) has then run. */
  async atEnd(): Promise<boolean> {
    return this.#rest.length === 0 && !(await this.#refill());
  }

  async #refill(): Promise<boolean> {
    while (this.#rest.length === 0) {
      const next = await this.#source.next();
      if (next.done === true) return false;
      this.#rest = next.value;
    }
    return true;
  }
}
