/** A split as a safetensors file, written as it comes: `x` [N, H*W*C/4] int32, four bytes in each, then
 *  `labels` [N] int32 where there are any. The header's place is kept free, for N is known for certain only
 *  at the end; JSON may be followed by spaces. */
import { open, type FileHandle } from 'node:fs/promises';
import { safetensorsHeader } from '../formats/safetensors.ts';
import { withStorageErrors } from '../disk/storage-errors.ts';

const headerBytes = 512;
const flushBytes = 8 << 20;

export class ImageSetFile {
  readonly #path: string;
  readonly #handle: FileHandle;
  readonly #imageBytes: number;
  readonly #pending: Uint8Array[] = [];
  #pendingBytes = 0;
  #written = 0;

  constructor(path: string, handle: FileHandle, imageBytes: number) {
    this.#path = path;
    this.#handle = handle;
    this.#imageBytes = imageBytes;
  }

  /** `imageBytes`, a multiple of 4, is H*W*C. */
  static async create(path: string, imageBytes: number): Promise<ImageSetFile> {
    return new ImageSetFile(path, await withStorageErrors(path, () => open(path, 'wx')), imageBytes);
  }

  /** Whole images; they must not change afterwards. */
  async add(images: Uint8Array): Promise<void> {
    this.#pending.push(images);
    this.#pendingBytes += images.length;
    if (this.#pendingBytes >= flushBytes) await this.#flush();
  }

  /** Completes the file; the number of its images. */
  async finish(labels: Int32Array | null): Promise<number> {
    await this.#flush();
    const count = this.#written / this.#imageBytes;
    if (labels) await this.#write(new Uint8Array(labels.buffer, labels.byteOffset, labels.byteLength));
    const shapes = { x: [count, this.#imageBytes / 4], ...(labels ? { labels: [count] } : {}) };
    const header = safetensorsHeader(shapes, headerBytes);
    await withStorageErrors(this.#path, () => this.#handle.write(header, 0, headerBytes, 0));
    await this.close();
    return count;
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }

  async #flush(): Promise<void> {
    if (this.#pendingBytes > 0) await this.#write(Buffer.concat(this.#pending));
    this.#pending.length = 0;
    this.#pendingBytes = 0;
  }

  async #write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      const write = () => this.#handle.write(bytes, at, bytes.length - at, headerBytes + this.#written);
      const { bytesWritten } = await withStorageErrors(this.#path, write, bytes.length - at);
      at += bytesWritten;
      this.#written += bytesWritten;
    }
  }
}
