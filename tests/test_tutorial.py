"""`docs/tutorial.md` shows what it says it shows, and so does MXNet's own tutorial.

The cells below are MXNet's (tutorial "Python Record IO", Apache-2.0), but for its drawing library.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import documentation
from documentation import ROOT, cells_of, check_cell, is_as_expected
from isolated import run_python

TUTORIAL = ROOT / "docs" / "tutorial.md"

ORIGINAL = [
    """\
from __future__ import print_function
import mxnet as mx
import numpy as np
""",
    """\
record = mx.recordio.MXRecordIO('tmp.rec', 'w')
for i in range(5):
    record.write('record_%d'%i)
record.close()
""",
    """\
record = mx.recordio.MXRecordIO('tmp.rec', 'r')
while True:
    item = record.read()
    if not item:
        break
    print(item)
record.close()
""",
    """\
record = mx.recordio.MXIndexedRecordIO('tmp.idx', 'tmp.rec', 'w')
for i in range(5):
    record.write_idx(i, 'record_%d'%i)
record.close()
""",
    """\
record = mx.recordio.MXIndexedRecordIO('tmp.idx', 'tmp.rec', 'r')
record.read_idx(3)
""",
    """\
record.keys
""",
    """\
# pack
data = 'data'
label1 = 1.0
header1 = mx.recordio.IRHeader(flag=0, label=label1, id=1, id2=0)
s1 = mx.recordio.pack(header1, data)
print('float label:', repr(s1))
label2 = [1.0, 2.0, 3.0]
header2 = mx.recordio.IRHeader(flag=0, label=label2, id=2, id2=0)
s2 = mx.recordio.pack(header2, data)
print('array label:', repr(s2))
""",
    """\
# unpack
print(*mx.recordio.unpack(s1))
print(*mx.recordio.unpack(s2))
""",
    """\
# pack_img
data = np.ones((3,3,1), dtype=np.uint8)
label = 1.0
header = mx.recordio.IRHeader(flag=0, label=label, id=0, id2=0)
s = mx.recordio.pack_img(header, data, quality=100, img_fmt='.jpg')
print(repr(s))
""",
    """\
# unpack_img
print(*mx.recordio.unpack_img(s))
""",
]

RUN_CELLS = """
import json, sys

sys.path.insert(0, sys.argv[1])
from documentation import run_cell

if sys.argv[2] == "installed":
    import recordio_rs

    recordio_rs.install_as_mxnet()
namespace = {}
print(json.dumps([run_cell(cell, namespace) for cell in json.load(sys.stdin)]))
"""


def test_every_cell_shows_what_stands_under_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, Any] = {}
    cells = cells_of(TUTORIAL)
    assert len(cells) > len(ORIGINAL)
    for cell in cells:
        check_cell(cell, namespace, TUTORIAL)


@pytest.mark.parametrize("way", ["import changed", "installed"])
def test_the_cells_of_mxnet_show_the_same(tmp_path: Path, way: str) -> None:
    cells = ORIGINAL
    if way == "import changed":
        cells = [cell.replace("import mxnet as mx", "import recordio_rs as mx") for cell in cells]
    helpers = Path(documentation.__file__).parent
    shown = run_python(RUN_CELLS, helpers, way, stdin=json.dumps(cells).encode(), cwd=tmp_path)
    for found, retold in zip(json.loads(shown), cells_of(TUTORIAL), strict=False):
        assert is_as_expected(retold.expected or "", found), found
