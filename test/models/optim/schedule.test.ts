import assert from 'node:assert/strict';
import { test } from 'node:test';
import { optimiserSchema } from '../../../models/training/config.ts';
import { averagingAt, learningRateAt, momentScalesAt } from '../../../models/optim/schedule.ts';

const configured = (input: object) => optimiserSchema.parse({ learningRate: 2, ...input });

test('cosine decay starts at the rate, is half of it midway and nearly nothing at the end', () => {
  const config = configured({ decay: 'cosine' });
  assert.equal(learningRateAt(config, 0, 0), 2);
  assert.ok(Math.abs(learningRateAt(config, 0, 0.5) - 1) < 1e-12);
  assert.ok(learningRateAt(config, 0, 0.999) < 1e-5);
});
test('linear decay and none are what they say', () => {
  assert.equal(learningRateAt(configured({ decay: 'linear' }), 0, 0.25), 1.5);
  assert.equal(learningRateAt(configured({ decay: 'none' }), 0, 0.9), 2);
});
test("warm-up rises linearly over a player's own updates", () => {
  const config = configured({ decay: 'none', warmupUpdates: 4 });
  assert.deepEqual(
    [0, 1, 2, 3, 4].map((own) => learningRateAt(config, own, 0)),
    [0.5, 1, 1.5, 2, 2],
  );
});
test("Adam's corrections undo the zero start of its moments", () => {
  const { first, second } = momentScalesAt(configured({ beta1: 0.5, beta2: 0.75 }), 1);
  assert.ok(Math.abs(first - 1 / 0.75) < 1e-15);
  assert.ok(Math.abs(second - 1 / (1 - 0.5625)) < 1e-15);
});
test('the average forgets the start quickly and then keeps its decay', () => {
  assert.equal(averagingAt(0.998, 0), 0.1);
  assert.equal(averagingAt(0.998, 1e6), 0.998);
  assert.equal(averagingAt(0, 5), 0);
});
