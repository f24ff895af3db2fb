/** Every hostile input, one of each kind after the other, so that the first few are of all kinds. */
import { argumentCases } from './argument-cases.ts';
import { checkpointCases } from './checkpoint-cases.ts';
import { gzipCases } from './gzip-cases.ts';
import type { HostileCase } from './hostile-case.ts';
import { imageCases } from './image-cases.ts';
import { linkCases } from './link-cases.ts';
import { matCases } from './mat-cases.ts';
import { npzCases } from './npz-cases.ts';
import { npzImageCases } from './npz-image-cases.ts';
import { onnxCases } from './onnx-cases.ts';
import { parquetCases } from './parquet-cases.ts';
import { safetensorsCases } from './safetensors-cases.ts';
import { tarCases } from './tar-cases.ts';
import { zipCases } from './zip-cases.ts';

const kinds: Readonly<Record<string, readonly HostileCase[]>> = {
  arguments: argumentCases,
  onnx: onnxCases,
  tar: tarCases,
  zip: zipCases,
  images: imageCases,
  links: linkCases,
  gzip: gzipCases,
  mat: matCases,
  checkpoints: checkpointCases,
  npz: npzCases,
  'npz of images': npzImageCases,
  parquet: parquetCases,
  safetensors: safetensorsCases,
};

export const allCases: readonly (HostileCase & { readonly kind: string })[] = Object.entries(kinds)
  .flatMap(([kind, cases]) =>
    cases.map((one, i) => ({ ...one, name: `${kind}, ${one.name}`, kind, turn: (i + 0.5) / cases.length })),
  )
  .sort((a, b) => a.turn - b.turn);
