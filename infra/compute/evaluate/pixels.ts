/** Between bytes and the models' continuous images: x = byte / 256 - 1/2 + u / 256, u uniform in [0, 1). */

/** Bytes -> continuous pixels; `noise` gives u, and is drawn once for each byte. */
export const dequantiseFixed = (bytes: Uint8Array, noise: () => number): Float32Array =>
  Float32Array.from(bytes, (byte) => (byte + noise()) / 256 - 0.5);

/** Continuous pixels -> bytes, clipped to [-1/2, 1/2). What is no number becomes 0. */
export const quantise = (x: Float32Array): Uint8Array =>
  Uint8Array.from(x, (value) => Math.min(Math.max(Math.floor((value + 0.5) * 256), 0), 255));

/** Grey levels [n] -> [n, 3], for networks of coloured images. */
export const repeatGrey = (levels: Uint8Array): Uint8Array =>
  Uint8Array.from({ length: 3 * levels.length }, (_, i) => levels[Math.floor(i / 3)]!);

/** Images [n, H, W, C] of bytes -> [n, C, H, W] float32 of 0..255, as feature networks take them. */
export function toPlanes(
  images: Uint8Array,
  [height, width, colours]: readonly [number, number, number],
): Float32Array {
  const pixels = height * width;
  const planes = new Float32Array(images.length);
  for (let image = 0; image < images.length; image += pixels * colours) {
    for (let pixel = 0; pixel < pixels; pixel++) {
      for (let colour = 0; colour < colours; colour++) {
        planes[image + colour * pixels + pixel] = images[image + pixel * colours + colour]!;
      }
    }
  }
  return planes;
}
