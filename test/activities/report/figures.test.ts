/** What the figures draw: pixels of the density grids, points of the curves. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import sharp from 'sharp';
import { curve, thin, type Chart, type Point } from '../../../activities/report/curve.ts';
import { densityImage, densityScale, errorImage, shareAbove } from '../../../activities/report/heatmap.ts';
import { count, durationInWords, significant } from '../../../activities/report/number-format.ts';
import { trainingSeries } from '../../../activities/report/training-series.ts';

async function pixels(png: Buffer): Promise<number[][]> {
  const raw = await sharp(png).raw().toBuffer();
  return Array.from({ length: raw.length / 4 }, (_, i) => [...raw.subarray(4 * i, 4 * i + 4)]);
}

const brightness = ([red, green, blue]: readonly number[]): number => red! + green! + blue!;

describe('a density as a picture', () => {
  test('has x2 growing upwards and x1 to the right', async () => {
    const logDensity = new Float32Array([-Infinity, 0, -Infinity, -Infinity]); // all mass at the lower right
    const [upperLeft, upperRight, lowerLeft, lowerRight] = await pixels(await densityImage(logDensity, 2, 1));
    assert.ok(brightness(lowerRight!) > 500);
    for (const dark of [upperLeft!, upperRight!, lowerLeft!]) assert.ok(brightness(dark) < 20);
  });

  test('grows brighter with density, and stays at the last colour above the scale', async () => {
    const [low, half, top, above] = await pixels(
      await densityImage(new Float32Array([0.2, 0.5, 1, 5].map(Math.log)), 2, 1),
    ).then(([c, d, a, b]) => [a!, b!, c!, d!]);
    assert.ok(brightness(low!) < brightness(half!) && brightness(half!) < brightness(top!));
    assert.deepEqual(above, top);
  });

  test('is scaled by the data, so that a spike of a model changes no other panel', () => {
    const data = new Float32Array([Math.log(0.25), -9, -9, -9]);
    const spike = new Float32Array([9, -9, -9, -9]);
    assert.ok(Math.abs(densityScale({ extent: 1, size: 2, data, models: { flowFce: spike } }) - 0.25) < 1e-6);
    assert.equal(shareAbove(spike, 0.25), 0.25);
    assert.equal(shareAbove(data, 0.25), 0);
  });

  test('of an error is red where too high, blue where too low, and empty where there is no data', async () => {
    const exact = new Float32Array([0, 0, 0, -20]);
    const [, empty, high, low] = await pixels(await errorImage(new Float32Array([1, -1, 0, 3]), exact, 2));
    assert.ok(high![0]! > high![2]! && low![2]! > low![0]!);
    assert.equal(empty![3], 0);
  });
});

describe('a curve', () => {
  const noisy: Point[] = Array.from({ length: 10_000 }, (_, i) => [i, i === 6543 ? 1e6 : Math.sin(i)]);

  test('is thinned without losing its peak, its order or its end', () => {
    const kept = thin(noisy);
    assert.ok(kept.length < 500);
    assert.ok(kept.some(([, value]) => value === 1e6));
    assert.deepEqual(kept.at(-1), noisy.at(-1));
    assert.ok(kept.every(([update], i) => i === 0 || update >= kept[i - 1]![0]));
  });

  test('takes its colours from the page', () => {
    const chart: Chart = {
      title: 'MSE',
      axis: 'nats²',
      log: true,
      series: [
        {
          label: 'EBM-FCE',
          style: { colour: 'var(--ebm-fce)', dash: '' },
          points: [
            [1, 4],
            [2, 0],
            [3, 0.01],
          ],
        },
      ],
    };
    const svg = curve(chart, { width: 400, height: 230 }).source;
    assert.match(svg, /stroke="var\(--ebm-fce\)"/);
    assert.match(svg, /fill="currentColor"/);
    assert.match(svg, /aria-label="MSE, nats²: EBM-FCE from 4\.00 at update 1 to 0\.0100 at update 3\."/);
    assert.doesNotMatch(svg, /NaN|Infinity/);
  });

  test('on a logarithmic axis has whole decades around its values, whatever their size', () => {
    const ticks = (values: number[]) => {
      const chart: Chart = {
        title: 'norm',
        axis: '',
        log: true,
        series: [
          { label: 'a', style: { colour: 'red', dash: '' }, points: values.map((value, i) => [i, value]) },
        ],
      };
      return [
        ...curve(chart, { width: 400, height: 230 }).source.matchAll(/<g [^>]*text-anchor="end".*?<\/g>/gs),
      ].flatMap(([axis]) => [...axis.matchAll(/>([^<>]+)<\/text>/g)].map(([, text]) => text));
    };
    assert.deepEqual(ticks([30, 4e5]), ['10', '100', '1000', '10⁴', '10⁵', '10⁶']);
    assert.deepEqual(ticks([2e-5, 0.0004]), ['10⁻⁵', '10⁻⁴', '0.001']);
    assert.deepEqual(ticks([NaN, -1]), ['1', '10']);
  });

  test('belongs to the player whose turn it was, or whose name it carries', () => {
    const series = trainingSeries([
      {
        training: 'contrast',
        update: 1,
        turn: 'ebm',
        value: -1,
        gradNorm: 5,
        'mse.flow': 2,
        ebmUpdates: 1,
        flowUpdates: 0,
      },
      {
        training: 'contrast',
        update: 2,
        turn: 'flow',
        value: -1.2,
        gradNorm: 7,
        'mse.ebm': 3,
        ebmUpdates: 1,
        flowUpdates: 1,
      },
    ]);
    const found = (metric: string) => series.get(metric)!.map(({ label, points }) => [label, points]);
    assert.deepEqual(found('gradNorm'), [
      ['Glow-FCE', [[2, 7]]],
      ['EBM-FCE', [[1, 5]]],
    ]);
    assert.deepEqual(found('mse'), [
      ['Glow-FCE', [[1, 2]]],
      ['EBM-FCE', [[2, 3]]],
    ]);
    assert.deepEqual(found('updates'), [
      [
        'Glow-FCE',
        [
          [1, 0],
          [2, 1],
        ],
      ],
      [
        'EBM-FCE',
        [
          [1, 1],
          [2, 1],
        ],
      ],
    ]);
    assert.deepEqual(found('value'), [
      [
        'FCE',
        [
          [1, -1],
          [2, -1.2],
        ],
      ],
    ]);
  });

  test('of a player has a point for every line, and is not mixed with the other under the bare name', () => {
    const series = trainingSeries([
      {
        training: 'contrast',
        update: 2,
        turn: 'flow',
        gradNorm: 7,
        'gradNorm.flow': 7,
        'gradNorm.ebm': 5,
        logProbShift: 1,
        'logProbShift.flow': 1,
      },
      {
        training: 'contrast',
        update: 4,
        turn: 'flow',
        gradNorm: 8,
        'gradNorm.flow': 8,
        'gradNorm.ebm': 6,
        logProbShift: 2,
        'logProbShift.flow': 2,
      },
      {
        training: 'dcgan',
        update: 2,
        turn: 'generator',
        accuracy: 0.1,
        'accuracy.generator': 0.1,
        'accuracy.discriminator': 0.9,
        'value.discriminator': -1,
      },
    ]);
    const found = (metric: string) => series.get(metric)!.map(({ label, points }) => [label, points]);
    assert.deepEqual(found('gradNorm'), [
      [
        'Glow-FCE',
        [
          [2, 7],
          [4, 8],
        ],
      ],
      [
        'EBM-FCE',
        [
          [2, 5],
          [4, 6],
        ],
      ],
    ]);
    assert.deepEqual(found('logProbShift'), [
      [
        'Glow-FCE',
        [
          [2, 1],
          [4, 2],
        ],
      ],
    ]);
    assert.deepEqual(found('accuracy'), [
      ['DCGAN, generator', [[2, 0.1]]],
      ['DCGAN, discriminator', [[2, 0.9]]],
    ]);
    assert.deepEqual(found('value'), [['DCGAN, discriminator', [[2, -1]]]]);
  });
});

test('numbers are printed as in a paper', () => {
  assert.deepEqual(
    [0.0096431, 0.1661, 1234.5, -0.5, 0, 2.5e7, 1e-6, 99.99].map((value) => significant(value)),
    ['0.00964', '0.166', '1235', '−0.500', '0', '2.50 × 10⁷', '1.00 × 10⁻⁶', '100'],
  );
  assert.deepEqual([0, 999, 10_000, 1_234_567].map(count), ['0', '999', '10,000', '1,234,567']);
  assert.deepEqual([3.25, 59.4, 125, 3725].map(durationInWords), ['3.3 s', '59 s', '2 min 5 s', '1 h 2 min']);
});
