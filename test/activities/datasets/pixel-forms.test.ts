import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { decodeImage, type DecodeOptions } from '../../../activities/datasets/decode-image.ts';
import { temporaryFolder } from '../../support/folders.ts';
import { pngFile, samplesOf, type PngContent, type PngType } from '../../support/png-files.ts';
import { runPython, skipWithout } from '../../support/python.ts';

const side = 16;
const kernels = ['pillow-bilinear', 'linear'] as const;
const decoded = (
  file: Buffer,
  colours: 1 | 3,
  kernel: DecodeOptions['kernel'],
  size = side,
): Promise<Uint8Array> =>
  decodeImage('form', file, { shape: [size, size, colours], kernel, maxPixels: 1e6, crop: null });

let state = 7;
const below = (limit: number): number =>
  Math.floor(((state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32) * limit);
const many = (count: number, limit: number): number[] => Array.from({ length: count }, () => below(limit));

/** Every depth that the format has for a type, with and without values that are transparent. */
const forms: readonly PngContent[] = (
  Object.entries({
    grey: [1, 2, 4, 8, 16],
    colour: [8, 16],
    palette: [1, 2, 4, 8],
    greyAlpha: [8, 16],
    colourAlpha: [8, 16],
  }) as [PngType, PngContent['depth'][]][]
).flatMap(([type, depths]) =>
  depths.flatMap((depth) => {
    const samples = many(side * side * samplesOf[type], 2 ** depth);
    const form: PngContent = {
      type,
      depth,
      width: side,
      height: side,
      samples,
      ...(type === 'palette' && { palette: many(3 * 2 ** depth, 256) }),
    };
    const transparent = type === 'palette' ? many(2 ** depth, 256) : samples.slice(0, samplesOf[type]);
    return type.endsWith('Alpha') ? [form] : [form, { ...form, transparent }];
  }),
);

/** 16 bits are cut to the upper 8; fewer than 8 are spread, which is exact. */
const byteOf = (value: number, depth: number): number =>
  depth === 16 ? value >> 8 : (value * 255) / (2 ** depth - 1);
const overWhite = (value: number, alpha: number): number =>
  Math.round((value * alpha + 255 * (255 - alpha)) / 255);

/** Red, green and blue of every pixel by the format's own words. */
function coloursOf({ type, depth, samples, palette = [], transparent }: PngContent): number[][] {
  const each = samplesOf[type];
  return Array.from({ length: side * side }, (_, i) => {
    const own = samples.slice(i * each, (i + 1) * each);
    if (type === 'palette')
      return palette
        .slice(3 * own[0]!, 3 * own[0]! + 3)
        .map((value) => overWhite(value, transparent?.[own[0]!] ?? 255));
    const bytes = own.map((value) => byteOf(value, depth));
    const alpha = type.endsWith('Alpha')
      ? bytes.pop()!
      : transparent && own.every((value, k) => value === transparent[k])
        ? 0
        : 255;
    return (bytes.length === 1 ? [bytes[0]!, bytes[0]!, bytes[0]!] : bytes).map((value) =>
      overWhite(value, alpha),
    );
  });
}

/** ITU-R 601-2, of the bytes as they are. */
const lumaOf = ([red, green, blue]: readonly number[]): number =>
  Math.floor(0.299 * red! + 0.587 * green! + 0.114 * blue! + 0.5);
/** Of light: bytes made linear, weighted, and made bytes again. */
function luminanceOf(colours: readonly number[]): number {
  const linear = colours.map((byte) => {
    const v = byte / 255;
    return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  });
  const light = 0.2126 * linear[0]! + 0.7152 * linear[1]! + 0.0722 * linear[2]!;
  return 255 * (light <= 0.0031308 ? light * 12.92 : 1.055 * light ** (1 / 2.4) - 0.055);
}

const nameOf = ({ type, depth, transparent }: PngContent): string =>
  `${type} of ${depth} bits${transparent ? ' with transparent values' : ''}`;
const isClear = ({ type, transparent }: PngContent): boolean =>
  type.endsWith('Alpha') || transparent !== undefined;
const most = (found: Uint8Array, wanted: readonly number[]): number => {
  assert.equal(found.length, wanted.length);
  return wanted.reduce((worst, value, i) => Math.max(worst, Math.abs(value - found[i]!)), 0);
};

describe('every depth, with alpha, transparent values and palettes, in one channel and in three', () => {
  for (const form of forms) {
    test(`${nameOf(form)} has the levels that the format says`, async () => {
      const colours = coloursOf(form);
      const file = pngFile(form);
      assert.equal(most(await decoded(file, 3, 'pillow-bilinear'), colours.flat()), 0);
      // 0.299 and its fellows are whole numbers of 2^-16 there
      assert.ok(
        most(await decoded(file, 1, 'pillow-bilinear'), colours.map(lumaOf)) <= (isGrey(form) ? 0 : 1),
        'luma',
      );
      // libvips cuts a mixture with white, one of 16 bits twice, and rounds a luminance in steps of its
      // tables
      assert.ok(
        most(await decoded(file, 3, 'linear'), colours.flat())
          <= (isClear(form) ? (form.depth === 16 ? 2 : 1) : 0),
        'colours, libvips',
      );
      const grey = most(await decoded(file, 1, 'linear'), colours.map(luminanceOf).map(Math.round));
      assert.ok(grey <= (isClear(form) ? 2 : isGrey(form) ? 0 : 1), `luminance, libvips: ${grey}`);
    });
  }

  const levels = Array.from({ length: 65_536 }, (_, i) => i);
  for (const kernel of kernels) {
    for (const colours of [1, 3] as const) {
      test(
        `all 65,536 levels of grey lose their lower 8 bits, as grey and as equal colours: ${kernel}, `
          + `${colours} channels`,
        async () => {
          const wanted = levels.flatMap((level) => Array<number>(colours).fill(level >> 8));
          const size = { depth: 16, width: 256, height: 256 } as const;
          assert.equal(
            most(
              await decoded(pngFile({ type: 'grey', ...size, samples: levels }), colours, kernel, 256),
              wanted,
            ),
            0,
          );
          assert.equal(
            most(
              await decoded(
                pngFile({
                  type: 'colour',
                  ...size,
                  samples: levels.flatMap((level) => [level, level, level]),
                }),
                colours,
                kernel,
                256,
              ),
              wanted,
            ),
            0,
          );
          assert.equal(
            most(
              await decoded(
                pngFile({ type: 'greyAlpha', ...size, samples: levels.flatMap((level) => [level, 65_535]) }),
                colours,
                kernel,
                256,
              ),
              wanted,
            ),
            0,
          );
        },
      );
    }
  }
});

function isGrey({ type }: PngContent): boolean {
  return type === 'grey' || type === 'greyAlpha';
}

/** Pillow takes the value that is transparent for one of the 8 bits that it has made of the pixels. */
const misreadByPillow = (form: PngContent): boolean =>
  form.transparent !== undefined
  && ((form.type === 'colour' && form.depth === 16) || (form.type === 'grey' && form.depth === 4));

test('Pillow sees the same in each of them', { skip: skipWithout('PIL') }, async (t) => {
  const folder = mkdtempSync(join(temporaryFolder('pixel-forms'), 'forms-'));
  const asked = forms.filter((form) => !misreadByPillow(form));
  for (const [i, form] of asked.entries()) writeFileSync(join(folder, `${i}.png`), pngFile(form));
  const seen = JSON.parse(
    runPython(
      `
import json, sys
from PIL import Image
seen = []
for path in json.load(sys.stdin):
    image = Image.open(path)
    if image.mode.startswith("I"):  # 16 bits of grey, which Pillow's convert would clip
        clear = image.info.get("transparency")
        grey = [255 if value == clear else value >> 8 for value in list(getattr(image, "get_flattened_data", image.getdata)())]
        flat = Image.new("L", image.size)
        flat.putdata(grey)
        flat = flat.convert("RGB")
    else:
        flat = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image.convert("RGBA")).convert("RGB")
    seen.append([list(flat.tobytes()), list(flat.convert("L").tobytes())])
print(json.dumps(seen))`,
      asked.map((_, i) => join(folder, `${i}.png`)),
    ),
  ) as [number[], number[]][];
  for (const [i, form] of asked.entries()) {
    const [colours, grey] = seen[i]!;
    assert.deepEqual([...(await decoded(pngFile(form), 3, 'pillow-bilinear'))], colours, nameOf(form));
    assert.deepEqual(
      [...(await decoded(pngFile(form), 1, 'pillow-bilinear'))],
      grey,
      `${nameOf(form)}, grey`,
    );
  }
  t.diagnostic(
    `${asked.length} of ${forms.length} forms; misread by Pillow: `
      + `${forms.filter(misreadByPillow).map(nameOf).join(', ')}`,
  );
});
