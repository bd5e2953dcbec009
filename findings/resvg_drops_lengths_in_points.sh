#!/usr/bin/env bash
# resvg-py draws nothing whose size is in pt, mm, cm, in or pc, unless dpi is given, and refuses what Graphviz writes.
#
# Versions: resvg-py 0.5.0, pillow 12.1.1.
# Expected: 15pt is 20px (SVG takes 96 dots to the inch), and svg_to_bytes says of its default, dpi=0, that this is SVG's.
# Seen: at the default an absolute length is 0. A square of 15pt is not there, without a word, and a picture whose width is in
#       points, as in all that Graphviz writes, is "an invalid size". With dpi=96 both are as expected.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet resvg-py==0.5.0 pillow==12.1.1
"$work/venv/bin/python" - <<'EOF'
import io
import sys
from importlib.metadata import version

import resvg_py
from PIL import Image

print("resvg-py", version("resvg-py"))
SQUARE = '<svg xmlns="http://www.w3.org/2000/svg" width="50" height="50"><rect width="{0}" height="{0}" fill="red"/></svg>'


def red_pixels(length, **options):
    png = bytes(resvg_py.svg_to_bytes(svg_string=SQUARE.format(length), **options))
    pixels = Image.open(io.BytesIO(png)).convert("RGBA").tobytes()
    return sum(pixels[i : i + 4] == b"\xff\x00\x00\xff" for i in range(0, len(pixels), 4))


ok = True
for length in ("20", "20px", "15pt", "5mm"):
    expected, seen = red_pixels(length, dpi=96), red_pixels(length)
    print(f"a red square of {length:4}: expected {expected} pixels, seen {seen}")
    ok = ok and expected >= 300 and seen == (expected if length.startswith("20") else 0)
picture = '<svg xmlns="http://www.w3.org/2000/svg" width="10pt" height="10pt"/>'
resvg_py.svg_to_bytes(svg_string=picture, dpi=96)
try:
    resvg_py.svg_to_bytes(svg_string=picture)
    ok = False
except ValueError as error:
    print("a picture 10pt wide: expected a picture, seen ValueError:", error)
sys.exit(0 if ok else 1)
EOF
