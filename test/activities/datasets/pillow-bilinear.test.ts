import assert from 'node:assert/strict';
import { createHash, randomFillSync } from 'node:crypto';
import { describe, test } from 'node:test';
import sharp from 'sharp';
import { decodeImage } from '../../../activities/datasets/decode-image.ts';
import { pillowBilinear } from '../../../activities/datasets/pillow-bilinear.ts';
import { resizeSentence } from '../../../activities/datasets/resize-words.ts';
import { runPython, skipWithout } from '../../support/python.ts';

interface Picture {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
}
const rowsOf = ({ data, ...size }: Picture) => ({
  ...size,
  row: (y: number) => data.subarray(y * size.width * size.channels, (y + 1) * size.width * size.channels),
});
const whole = (size: number) => ({ whole: size, from: 0, count: size });
const noise = (width: number, height: number, channels: 1 | 3): Picture => ({
  data: Uint8Array.from({ length: width * height * channels }, (_, i) => Math.imul(i + 1, 0x9e3779b1) >>> 24),
  width,
  height,
  channels,
});
const smooth = (width: number, height: number, channels: 1 | 3): Picture => ({
  data: Uint8Array.from(
    { length: width * height * channels },
    (_, i) => 127 + 120 * Math.sin(i / (50 + (i % channels))) * Math.cos(i / (7 * width)),
  ),
  width,
  height,
  channels,
});
const resized = (image: Picture, width: number, height: number): Promise<Uint8Array> =>
  pillowBilinear(rowsOf(image), whole(width), whole(height));

describe("bytes are resampled as Pillow's BILINEAR does", () => {
  test('of the same size they stay, of one level they keep it', async () => {
    for (const image of [noise(37, 21, 3), noise(8, 9, 1)])
      assert.deepEqual(await resized(image, image.width, image.height), image.data);
    for (const level of [0, 1, 128, 254, 255]) {
      for (const [width, height] of [
        [32, 32],
        [5, 9],
        [200, 199],
      ] as const) {
        const flat: Picture = {
          data: new Uint8Array(61 * 47 * 3).fill(level),
          width: 61,
          height: 47,
          channels: 3,
        };
        assert.ok(
          (await resized(flat, width, height)).every((value) => value === level),
          `${level} at ${width} x ${height}`,
        );
      }
    }
  });

  test('halved they are weighted 1, 3, 3, 1 over 8, doubled 3, 1 over 4, each side for itself', async () => {
    const row: Picture = {
      data: Uint8Array.from([0, 80, 0, 0, 0, 0, 200, 0]),
      width: 8,
      height: 1,
      channels: 1,
    };
    // at an edge the weights that fall outside are shared out: 3, 3, 1 over 7
    assert.deepEqual(
      [...(await resized(row, 4, 1))],
      [(80 * 3) / 7, 80 / 8, 200 / 8, (200 * 3) / 7].map(Math.round),
    );
    assert.deepEqual(
      [...(await resized({ ...row, width: 2, height: 1, data: Uint8Array.from([0, 100]) }, 4, 1))],
      [0, 25, 75, 100],
    );
    const column: Picture = { ...row, width: 1, height: 8 };
    assert.deepEqual(await resized(column, 1, 4), await resized(row, 4, 1));
  });

  test('a part is what would be cut out of the whole', async () => {
    const image = noise(90, 70, 3);
    const all = await resized(image, 40, 30);
    const part = await pillowBilinear(
      rowsOf(image),
      { whole: 40, from: 7, count: 20 },
      { whole: 30, from: 5, count: 20 },
    );
    const cut = Array.from({ length: 20 }, (_, row) => [
      ...all.subarray(((row + 5) * 40 + 7) * 3, ((row + 5) * 40 + 27) * 3),
    ]).flat();
    assert.deepEqual([...part], cut);
  });

  test("of noise in CelebA's sizes they have the hashes that Pillow 12.3 and 13.0 gave", async () => {
    const hashOf = async (side: number): Promise<string> =>
      createHash('sha256')
        .update(await resized(noise(140, 140, 3), side, side))
        .digest('hex');
    assert.equal(await hashOf(32), '50c14c5282f4f264164a259d77f29fc8388bef432f92d83dc802407e5b246e2d');
    assert.equal(await hashOf(64), '8e8568edeb4394c901811027fc8201811c6fc9eddbe6108475ef21c2741570ec');
  });

  const sizes = [
    [140, 140, 32, 32],
    [140, 140, 64, 64],
    [178, 178, 32, 32],
    [178, 218, 45, 32],
    [33, 57, 32, 32],
    [7, 5, 16, 40],
    [500, 333, 64, 43],
    [1, 1, 8, 8],
    [3, 200, 8, 8],
    [28, 28, 32, 32],
    [32, 32, 33, 31],
    [2000, 3, 10, 10],
  ] as const;
  test(
    'to the byte, on noise and on smooth pictures, up and down, in one channel and in three',
    { skip: skipWithout('PIL') },
    async () => {
      const cases = sizes.flatMap(([width, height, ...to]) =>
        ([1, 3] as const).flatMap((channels) =>
          [noise, smooth].map((draw) => ({ image: draw(width, height, channels), to })),
        ),
      );
      const seen = JSON.parse(
        runPython(
          `
import json, sys
from PIL import Image
made = []
for image, (width, height) in json.load(sys.stdin):
    picture = Image.frombytes("L" if image["channels"] == 1 else "RGB", (image["width"], image["height"]), bytes(image["data"]))
    # across first, as every version did until 12.3; Pillow 13 takes the other order where the height shrinks more
    made.append(list(picture.resize((width, picture.height), Image.BILINEAR).resize((width, height), Image.BILINEAR).tobytes()))
print(json.dumps(made))`,
          cases.map(({ image, to }) => [{ ...image, data: [...image.data] }, to]),
        ),
      ) as number[][];
      for (const [i, { image, to }] of cases.entries()) {
        assert.deepEqual(
          [...(await resized(image, to[0], to[1]))],
          seen[i],
          `${image.width} x ${image.height} x ${image.channels} to ${to}`,
        );
      }
    },
  );
});

const pngOf = ({ data, ...raw }: Picture): Promise<Buffer> => sharp(data, { raw }).png().toBuffer();
const options = { shape: [32, 32, 3], kernel: 'pillow-bilinear', maxPixels: 4e6, crop: null } as const;

describe("a file is resized as torchvision's Resize and CenterCrop do with Pillow", () => {
  const sizes = [
    [90, 64],
    [64, 91],
    [47, 41],
    [101, 100],
    [640, 427],
    [20, 33],
    [32, 32],
    [500, 33],
  ] as const;
  test(
    'to the byte: JPEG, PNG and WebP, and the square that CelebA has cut out',
    { skip: skipWithout('PIL') },
    async () => {
      const files = await Promise.all(
        sizes.flatMap(([width, height]) => {
          const image = sharp(smooth(width, height, 3).data, { raw: { width, height, channels: 3 } });
          return [
            image.clone().jpeg({ quality: 85 }).toBuffer(),
            image.clone().png().toBuffer(),
            image.clone().webp({ quality: 80 }).toBuffer(),
          ];
        }),
      );
      const aligned = await sharp(smooth(178, 218, 3).data, { raw: { width: 178, height: 218, channels: 3 } })
        .jpeg({ quality: 92 })
        .toBuffer();
      const seen = JSON.parse(
        runPython(
          `
import base64, io, json, sys
from PIL import Image
def resized(image, width, height):
    return image.resize((width, image.height), Image.BILINEAR).resize((width, height), Image.BILINEAR)
def centred(image, side):
    top, left = int(round((image.height - side) / 2.0)), int(round((image.width - side) / 2.0))
    return image.crop((left, top, left + side, top + side))
files, aligned = json.load(sys.stdin)
made = []
for file in files:
    image = Image.open(io.BytesIO(base64.b64decode(file))).convert("RGB")
    short, long = min(image.size), max(image.size)
    longer = int(32 * long / short)
    square = centred(resized(image, *((32, longer) if image.width <= image.height else (longer, 32))), 32)
    made.append([list(square.tobytes()), list(square.tobytes())])
    grey = image.convert("L")
    made[-1][1] = list(centred(resized(grey, *((32, longer) if image.width <= image.height else (longer, 32))), 32).tobytes())
face = centred(Image.open(io.BytesIO(base64.b64decode(aligned))).convert("RGB"), 140)
print(json.dumps([made, [list(resized(face, side, side).tobytes()) for side in (32, 64)]]))`,
          [files.map((file) => file.toString('base64')), aligned.toString('base64')],
        ),
      ) as [[number[], number[]][], number[][]];
      for (const [i, file] of files.entries()) {
        assert.deepEqual(
          [...(await decodeImage('picture', file, options))],
          seen[0][i]![0],
          `${sizes[Math.floor(i / 3)]}`,
        );
        assert.deepEqual(
          [...(await decodeImage('picture', file, { ...options, shape: [32, 32, 1] }))],
          seen[0][i]![1],
          `${sizes[Math.floor(i / 3)]}, grey`,
        );
      }
      const crop = { width: 178, height: 218, side: 140 };
      for (const [i, side] of [32, 64].entries())
        assert.deepEqual(
          [...(await decodeImage('face', aligned, { ...options, shape: [side, side, 3], crop }))],
          seen[1][i],
        );
    },
  );
});

test(
  'a picture that takes more than 200 MB is reduced by libvips first, and is within one level of '
    + "Pillow's",
  async () => {
    const side = 6000;
    const raw = { raw: { width: side, height: side, channels: 3 } } as const;
    const data = randomFillSync(new Uint8Array(side * side * 3));
    // interlaced, libvips holds all of it
    const [fits, reduced] = await Promise.all(
      [false, true].map((progressive) =>
        sharp(data, raw).png({ compressionLevel: 0, progressive }).toBuffer(),
      ),
    );
    const [exact, near] = [
      await decodeImage('fits', fits!, { ...options, maxPixels: 4e7 }),
      await decodeImage('reduced', reduced!, { ...options, maxPixels: 4e7 }),
    ];
    const most = exact.reduce((worst, value, i) => Math.max(worst, Math.abs(value - near[i]!)), 0);
    assert.ok(most <= 1, `${most} levels`);
    assert.notDeepEqual(near, exact, 'it was reduced');
  },
);

describe("what a card says of libvips's kernels is so", () => {
  /** How many neighbouring columns give the same image, each alone white on black: they were made one by
   *  their mean. */
  async function blockOf(from: number, to: number): Promise<number> {
    const seen: string[] = [];
    const first = Math.floor(from / 2 / 12) * 12;
    for (let column = first; column < first + 12; column++) {
      const data = new Uint8Array(from * from);
      for (let row = 0; row < from; row++) data[row * from + column] = 255;
      const file = await pngOf({ data, width: from, height: from, channels: 1 });
      seen.push(
        Buffer.from(
          await decodeImage('column', file, { ...options, shape: [to, to, 1], kernel: 'linear' }),
        ).toString('hex'),
      );
    }
    return seen.length / new Set(seen).size;
  }

  test('reduced 4 times or more, pixels are first made means of half as many as the reduction has', async () => {
    for (const [from, to, block] of [
      [62, 16, 1],
      [64, 16, 2],
      [70, 16, 2],
      [96, 16, 3],
      [128, 16, 4],
    ] as const) {
      assert.equal(await blockOf(from, to), block, `${from} to ${to}`);
      assert.equal(
        resizeSentence('linear', from / to).includes(`first to the means of ${block} x ${block} pixels`),
        block > 1,
      );
    }
  });

  test('enlarged, everything lies half a pixel of the result too far right, and lanczos3 is the cubic one', async () => {
    const step = await pngOf({
      data: Uint8Array.from({ length: 256 }, (_, i) => 20 + 10 * (i % 16)),
      width: 16,
      height: 16,
      channels: 1,
    });
    const row = async (kernel: 'linear' | 'cubic' | 'lanczos3'): Promise<number[]> => [
      ...(await decodeImage('ramp', step, { ...options, shape: [32, 32, 1], kernel })).subarray(
        32 * 9,
        32 * 10,
      ),
    ];
    const linear = await row('linear');
    // column i of the result is column (i + 1/2) / 2 - 1/2 of the ramp, where the centres of both images
    // agree; 5 levels are a pixel of the result
    for (let i = 2; i < 30; i++)
      assert.ok(
        Math.abs(linear[i]! - (20 + 10 * ((i + 0.5) / 2 - 0.5) - 2.5)) <= 0.5,
        `column ${i}: ${linear[i]}`,
      );
    assert.deepEqual(await row('lanczos3'), await row('cubic'));
    assert.match(
      resizeSentence('lanczos3', 0.5),
      /cubic interpolation, which puts everything half a pixel of the result too far right and down/,
    );
  });
});
