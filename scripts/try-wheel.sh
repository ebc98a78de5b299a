#!/bin/sh
# Builds wheel and source distribution into dist/, and installs the wheel into an empty environment.
# $1: the bin folder of the developers' environment; $2: the Python for the empty one.
set -eu
bin=$1
python=$2
rm -rf dist
"$bin/maturin" build --release --locked --out dist
"$bin/maturin" sdist --out dist
empty=$(mktemp -d)
trap 'rm -rf "$empty"' EXIT
"$python" -m venv "$empty/venv"
"$empty/venv/bin/python" -m pip install --disable-pip-version-check --quiet dist/*.whl
cd "$empty" # away from the source tree
"$empty/venv/bin/python" - <<'PYTHON'
import recordio_rs as mx

with mx.Writer("a.rec") as writer:
    writer.write(mx.pack((0, 1.0, 7, 0), b"data"), 7)
record = mx.recordio.MXIndexedRecordIO("a.idx", "a.rec", "r")
assert mx.unpack(record.read_idx(7))[1] == b"data"
try:
    import cv2
except ImportError:
    try:
        mx.unpack_img(record.read_idx(7))
    except mx.MXNetError as error:
        assert "pip install opencv-python" in str(error), error
    else:
        raise AssertionError("unpack_img worked without OpenCV")
print(f"recordio_rs {mx.__version__} works from its wheel, without OpenCV")
PYTHON
