/** The whole terminal, drawn anew in place: the alternate screen, so that what was there before comes back at
 *  the end. */
import { stripVTControlCharacters } from 'node:util';
import type { ScreenSize } from '../lines/watch-lines.ts';

const enter = '\x1b[?1049h\x1b[?25l';
const leave = '\x1b[?25h\x1b[?1049l';
const home = '\x1b[H';
const clearLine = '\x1b[K';
const clearBelow = '\x1b[J';
const escape = '\x1b';
const controlC = '\x03';

export class Screen {
  readonly #stream: NodeJS.WriteStream;
  #draw: (size: ScreenSize) => readonly string[] = () => [];
  readonly #onResize = (): void => this.#render();

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
    stream.write(enter);
    stream.on('resize', this.#onResize);
  }

  /** Also when the terminal changes its size. */
  show(draw: (size: ScreenSize) => readonly string[]): void {
    this.#draw = draw;
    this.#render();
  }

  close(): void {
    this.#stream.off('resize', this.#onResize);
    this.#stream.write(leave);
  }

  #render(): void {
    // a line as wide as the terminal wraps on some, a last line that ends scrolls on all
    const size = { width: Math.max(1, this.#stream.columns - 1), height: Math.max(1, this.#stream.rows) };
    this.#stream.write(
      home
        + this.#draw(size)
          .map((line) => line + clearLine)
          .join('\r\n')
        + clearBelow,
    );
  }
}

/** Resolves when somebody wants to leave: q, Escape, Ctrl-C. Other keys do nothing. */
export function leaving(input: NodeJS.ReadStream, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (!input.isTTY) return void signal.addEventListener('abort', () => resolve(), { once: true });
    const done = (): void => {
      input.off('data', pressed);
      input.setRawMode(false);
      input.pause();
      resolve();
    };
    const pressed = (keys: Buffer): void => {
      const text = keys.toString('latin1');
      // an arrow key is an escape with more behind it
      if (text === escape || [...'qQ', controlC].some((key) => stripVTControlCharacters(text).includes(key)))
        done();
    };
    input.setRawMode(true);
    input.resume();
    input.on('data', pressed);
    signal.addEventListener('abort', done, { once: true });
  });
}
