"""Tries an installed wheel, with or without OpenCV beside it."""

import recordio_rs as mx

with mx.Writer("a.rec") as writer:
    writer.write(mx.pack((0, 1.0, 7, 0), b"data"), 7)
record = mx.recordio.MXIndexedRecordIO("a.idx", "a.rec", "r")
assert mx.unpack(record.read_idx(7))[1] == b"data"
try:
    image = mx.unpack_img(record.read_idx(7))[1]
except mx.MXNetError as error:
    if "pip install opencv-python" not in str(error):
        raise
    print(f"recordio_rs {mx.__version__} works from its wheel, without OpenCV")
else:
    assert image is None, "b'data' is no image"
    print(f"recordio_rs {mx.__version__} works from its wheel, with OpenCV")
