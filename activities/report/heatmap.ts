/** A log-density grid as a PNG: one pixel a cell, density exp(log p), one colour scale for all panels of a figure. */
import * as Plot from '@observablehq/plot';
import sharp from 'sharp';
import type { DensityGrids } from './contract.ts';

/** Colours from the lowest to the highest density: `magma`, perceptually uniform, dark where there is nothing. */
const palette = Array.from({ length: 256 }, (_, i) => {
  const hex = Plot.scale({ color: { scheme: 'magma', domain: [0, 255] } })?.apply(i) as string;
  return [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)) as [number, number, number];
});

/** Highest density of the exact data distribution on the grid, per unit area: the scale's upper end, so that a model's spike cannot hide the rest. */
export function densityScale(grids: DensityGrids): number {
  return Math.exp(grids.data.reduce((a, b) => Math.max(a, b), -Infinity));
}

/** Share of a grid's cells that lie above the scale and are drawn in its last colour. */
export function shareAbove(logDensity: Float32Array, top: number): number {
  return logDensity.reduce((n, value) => n + (value > Math.log(top) + 1e-6 ? 1 : 0), 0) / logDensity.length;
}

/** logDensity [size * size], nats, row 0 lowest -> PNG, row 0 at the bottom. Cells without a finite or -infinite value are grey. */
export async function heatmap(logDensity: Float32Array, size: number, top: number): Promise<Buffer> {
  const pixels = Buffer.alloc(size * size * 3, 128);
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      const density = Math.exp(logDensity[row * size + column] as number);
      if (Number.isNaN(density)) continue;
      const colour = palette[Math.min(255, Math.floor((density / top) * 256))] as [number, number, number];
      pixels.set(colour, ((size - 1 - row) * size + column) * 3);
    }
  }
  return png(pixels, size, size);
}

/** The scale itself, for the figure's key: left lowest. */
export function colourBar(): Promise<Buffer> {
  return png(Buffer.from(palette.flat()), 256, 1);
}

function png(pixels: Buffer, width: number, height: number): Promise<Buffer> {
  return sharp(pixels, { raw: { width, height, channels: 3 } }).png({ palette: true, colours: 256, dither: 0, compressionLevel: 9 }).toBuffer();
}
