#!/usr/bin/env bash
# Guess:      A PNG's transparent colour (tRNS) is transparent in Pillow whatever the depth of the image, as it is in libvips.
# Behaviour:  It is compared with levels that were scaled to 8 bits already. So it is found in grey of 8 bits alone: grey of 4 bits (its levels times 17)
#             and colour of 16 bits (its upper bytes) come out opaque, and of `info` it is the file's own number.
# Versions:   Pillow 13.0.0, CPython 3; sharp 0.35.5 (libvips 8.18.7), Node 20.
# Seen:       2026-11-30, output below. Fails if that changes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --target pillow "pillow==13.0.0"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund sharp@0.35.5
cat > probe.py <<'PROBE'
import struct, zlib
from PIL import Image

def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

# two pixels, the second is of the transparent colour; (depth, colour type, row, tRNS)
images = {
    "grey, 8 bits": (8, 0, bytes([3, 9]), struct.pack(">H", 9)),
    "grey, 4 bits": (4, 0, bytes([0x39]), struct.pack(">H", 9)),
    "colour, 8 bits": (8, 2, bytes([1, 2, 3, 4, 5, 6]), struct.pack(">3H", 4, 5, 6)),
    "colour, 16 bits": (16, 2, struct.pack(">6H", 1, 2, 3, 0x1234, 0x5678, 0x9ABC), struct.pack(">3H", 0x1234, 0x5678, 0x9ABC)),
}
for name, (depth, colour, row, transparent) in images.items():
    header = struct.pack(">IIBBBBB", 2, 1, depth, colour, 0, 0, 0)
    with open(f"{name}.png", "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"tRNS", transparent) + chunk(b"IDAT", zlib.compress(b"\0" + row)) + chunk(b"IEND", b""))
    alpha = list(Image.open(f"{name}.png").convert("RGBA").getchannel("A").tobytes())
    print(f"{name}: Pillow {alpha}", flush=True)
PROBE
cat > probe.cjs <<'PROBE'
const sharp = require("sharp");
(async () => {
  for (const name of ["grey, 8 bits", "grey, 4 bits", "colour, 8 bits", "colour, 16 bits"]) {
    const { data } = await sharp(`${name}.png`).toColourspace("srgb").ensureAlpha().raw({ depth: "uchar" }).toBuffer({ resolveWithObject: true });
    console.log(`${name}: libvips [${data[3]}, ${data[7]}]`);
  }
})();
PROBE
seen=$(PYTHONPATH=pillow python3 probe.py; node probe.cjs)
echo "$seen"
expected='grey, 8 bits: Pillow [255, 0]
grey, 4 bits: Pillow [255, 255]
colour, 8 bits: Pillow [255, 0]
colour, 16 bits: Pillow [255, 255]
grey, 8 bits: libvips [255, 0]
grey, 4 bits: libvips [255, 0]
colour, 8 bits: libvips [255, 0]
colour, 16 bits: libvips [255, 0]'
[ "$seen" = "$expected" ] || { echo "This has changed. Expected:"; echo "$expected"; exit 1; }
