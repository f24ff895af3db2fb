#!/usr/bin/env bash
# Guess:      In tfjs a custom gradient may take another gradient in its backward pass, as checkpointing of activations does.
# Behaviour:  The inner gradient ends the tape of the outer one, which then fails on null: "Cannot read properties of null (reading 'forEach')".
#             With the engine's tape put back by hand after the inner gradient, values are right.
# Versions:   @tensorflow/tfjs 4.22.0 (its own CPU backend), Node 20.20.
# Seen:       2026-11-29, output below. Fails if that changes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @tensorflow/tfjs@4.22.0
cat > probe.cjs <<'PROBE'
const tf = require("@tensorflow/tfjs");
const cube = (x) => tf.mul(x, tf.mul(x, x));
const again = (putBack) => tf.customGrad((x, save) => {
  save([x]);
  return {
    value: cube(x),
    gradFunc: (dy, [kept]) => {
      const { state } = tf.engine();
      const { activeTape } = state;
      const dx = tf.grad(cube)(kept, dy);
      if (putBack) state.activeTape = activeTape;
      return dx;
    },
  };
});
for (const putBack of [false, true]) {
  try {
    console.log(putBack ? 'put back:' : 'as it is:', tf.grad((x) => tf.sum(again(putBack)(x)))(tf.scalar(2)).dataSync()[0]);
  } catch (error) {
    console.log(putBack ? 'put back:' : 'as it is:', error.message);
  }
}
PROBE
seen=$(node probe.cjs 2>/dev/null | grep -E '^(as it is|put back):')
expected="as it is: Cannot read properties of null (reading 'forEach')
put back: 12"
echo "$seen"
[ "$seen" = "$expected" ] || { echo "This has changed. Expected:"; echo "$expected"; exit 1; }
