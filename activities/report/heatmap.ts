/** Grids of log-densities as PNGs, one pixel a cell: the density itself, or how far a model's log-density is
 *  from the exact one. */
import * as Plot from '@observablehq/plot';
import sharp from 'sharp';
import type { DensityGrids } from './contract.ts';

type Colour = readonly [red: number, green: number, blue: number];

/** `magma` is perceptually uniform, dark where there is nothing; `burd` is blue below zero, red above. */
const magma = palette('magma');
const blueToRed = palette('burd');

/** 256 colours of a scheme, lowest first. */
function palette(scheme: 'magma' | 'burd'): readonly Colour[] {
  const scale = Plot.scale({ color: { type: 'linear', scheme, domain: [0, 255] } });
  return Array.from({ length: 256 }, (_, i) => rgb(String(scale?.apply(i))));
}

function rgb(colour: string): Colour {
  const parts = colour.startsWith('#')
    ? [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16))
    : [...colour.matchAll(/\d+/g)].map(Number);
  return parts as unknown as Colour;
}

/** Highest density of the exact data distribution on the grid, per unit area: the scale's upper end, so that
 *  a model's spike cannot hide the rest. */
export function densityScale(grids: DensityGrids): number {
  return Math.exp(highest(grids.data));
}

/** Share of a grid's cells that lie above the scale and are drawn in its last colour. */
export function shareAbove(logDensity: Float32Array, top: number): number {
  return logDensity.reduce((n, value) => n + (value > Math.log(top) + 1e-6 ? 1 : 0), 0) / logDensity.length;
}

/** exp(log p) on a linear scale from 0 to `top`. logDensity [size * size], nats, row 0 lowest -> PNG, row 0
 *  at the bottom. */
export function densityImage(logDensity: Float32Array, size: number, top: number): Promise<Buffer> {
  return image(size, (cell) => pick(magma, Math.exp(logDensity[cell] as number) / top));
}

/** Errors are drawn from minus to plus this, nats. */
export const errorRange = 1;

/** Cells whose exact density is less than exp(-this) of the highest hold almost no data, and stay empty. */
export const emptyBelow = 6;

/** log p - log p_data on a linear scale from -errorRange to errorRange, where there is data. */
export function errorImage(logDensity: Float32Array, exact: Float32Array, size: number): Promise<Buffer> {
  const floor = highest(exact) - emptyBelow;
  return image(size, (cell) => {
    const reference = exact[cell] as number;
    return reference < floor
      ? null
      : pick(blueToRed, ((logDensity[cell] as number) - reference + errorRange) / (2 * errorRange));
  });
}

/** A scale itself, for the figure's key: left lowest. */
export function colourBar(kind: 'density' | 'error'): Promise<Buffer> {
  const colours = kind === 'density' ? magma : blueToRed;
  return sharp(Buffer.from(colours.flat()), { raw: { width: 256, height: 1, channels: 3 } })
    .png()
    .toBuffer();
}

const notANumber: Colour = [0, 160, 80];

/** share in [0, 1] -> colour; beyond it the last colours, and green for what is no number. */
function pick(colours: readonly Colour[], share: number): Colour {
  if (Number.isNaN(share)) return notANumber;
  return colours[Math.min(255, Math.max(0, Math.floor(share * 256)))] as Colour;
}

function highest(values: Float32Array): number {
  return values.reduce((a, b) => Math.max(a, b), -Infinity);
}

const largestSide = 512;

/** Cells without a colour are transparent; grids finer than `largestSide` are averaged down to it. */
function image(size: number, colourOf: (cell: number) => Colour | null): Promise<Buffer> {
  const pixels = Buffer.alloc(size * size * 4);
  for (let cell = 0; cell < size * size; cell++) {
    const colour = colourOf(cell);
    if (colour === null) continue;
    const [row, column] = [Math.floor(cell / size), cell % size];
    pixels.set([...colour, 255], ((size - 1 - row) * size + column) * 4);
  }
  return sharp(pixels, { raw: { width: size, height: size, channels: 4 } })
    .resize({ width: largestSide, withoutEnlargement: true })
    .png({ compressionLevel: 9 })
    .toBuffer();
}
