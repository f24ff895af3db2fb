#!/usr/bin/env bash
# Guess:      A grey image of 16 bits becomes the same 8-bit levels whether it is asked for in one channel or in three.
# Behaviour:  Asked for as `srgb`, each level loses its lower byte. Asked for as `b-w`, most become their 257th part, rounded, and some neither that nor
#             their upper byte. So the two differ by one, up or down, for more than a quarter of all levels.
# Versions:   sharp 0.35.5 (libvips 8.18.7), Node 20.
# Seen:       2026-11-30, output below. Fails if that changes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund sharp@0.35.5
cat > probe.cjs <<'PROBE'
const sharp = require("sharp");
(async () => {
  const levels = Uint16Array.from({ length: 65536 }, (_, level) => level);
  const png = await sharp(levels, { raw: { width: 256, height: 256, channels: 1 } }).toColourspace("grey16").png().toBuffer();
  for (const asked of ["srgb", "b-w"]) {
    const { data, info: { channels } } = await sharp(png).toColourspace(asked).raw({ depth: "uchar" }).toBuffer({ resolveWithObject: true });
    const count = (is) => levels.reduce((sum, level) => sum + Number(is(data[level * channels], level)), 0);
    console.log(`${asked}: upper byte ${count((seen, level) => seen === level >> 8)}, 257th part ${count((seen, level) => seen === Math.round(level / 257))}, `
      + `one above the upper byte ${count((seen, level) => seen === (level >> 8) + 1)}, one below ${count((seen, level) => seen === (level >> 8) - 1)}`);
  }
})();
PROBE
seen=$(node probe.cjs)
echo "$seen"
expected='srgb: upper byte 65536, 257th part 49280, one above the upper byte 0, one below 0
b-w: upper byte 46571, 257th part 54897, one above the upper byte 9869, one below 9096'
[ "$seen" = "$expected" ] || { echo "This has changed. Expected:"; echo "$expected"; exit 1; }
