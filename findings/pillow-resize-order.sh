#!/usr/bin/env bash
# Guess:      Pillow resizes rows first, then columns, as it always has: the same picture and filter give the same bytes in every version.
# Behaviour:  Pillow 13 goes through the columns first where the height shrinks by more than the width. What is between is rounded to bytes, so that a
#             tall picture's bytes differ by a level here and there; square ones, and ones that shrink more in width, are what they were.
# Versions:   Pillow 12.3.0 and 13.0.0, CPython 3.
# Seen:       2026-11-30, output below. Fails if that changes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
for version in 12.3.0 13.0.0; do python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --target "pillow-$version" "pillow==$version"; done
cat > probe.py <<'PROBE'
import random
from PIL import Image
random.seed(1)
for size in [(40, 200), (200, 40), (64, 64)]:
    noise = Image.frombytes("L", size, bytes(random.randrange(256) for _ in range(size[0] * size[1])))
    target = (32, 32)
    one = noise.resize(target, Image.BILINEAR).tobytes()
    rows = noise.resize((target[0], size[1]), Image.BILINEAR).resize(target, Image.BILINEAR).tobytes()
    columns = noise.resize((size[0], target[1]), Image.BILINEAR).resize(target, Image.BILINEAR).tobytes()
    differ = sum(a != b for a, b in zip(rows, columns))
    print(f"{size[0]} x {size[1]}: {'rows first' if one == rows else 'columns first' if one == columns else 'neither'}, {'the other differs' if differ else 'both alike'}")
PROBE
seen=$(for version in 12.3.0 13.0.0; do echo "Pillow $version"; PYTHONPATH="pillow-$version" python3 probe.py; done)
echo "$seen"
expected='Pillow 12.3.0
40 x 200: rows first, the other differs
200 x 40: rows first, the other differs
64 x 64: rows first, the other differs
Pillow 13.0.0
40 x 200: columns first, the other differs
200 x 40: rows first, the other differs
64 x 64: rows first, the other differs'
[ "$seen" = "$expected" ] || { echo "This has changed. Expected:"; echo "$expected"; exit 1; }
