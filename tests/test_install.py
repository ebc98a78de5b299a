"""`install_as_mxnet`, each time in a fresh interpreter."""

from __future__ import annotations

from pathlib import Path

import pytest

from isolated import run_python

INSTALL = "import recordio_rs; recordio_rs.install_as_mxnet()\n"


def run_installed(code: str, cwd: Path | None = None) -> str:
    """Runs code in an interpreter where this package stands in for MXNet."""
    return run_python(INSTALL + code, cwd=cwd)


def test_nothing_is_called_mxnet_before_the_call() -> None:
    run_python(
        """
        import sys, recordio_rs
        assert not [name for name in sys.modules if name.split(".")[0] == "mxnet"]
        """
    )


@pytest.mark.parametrize(
    "line",
    [
        "import mxnet as mx; assert mx.recordio.MXRecordIO",
        "import mxnet; assert mxnet.recordio.MXIndexedRecordIO",
        "import mxnet.recordio; assert mxnet.recordio.unpack_img",
        "import mxnet.recordio as recordio; assert recordio.IRHeader",
        "from mxnet import recordio; assert recordio.pack_img",
        "from mxnet import recordio, image; assert image.imdecode",
        "from mxnet.recordio import MXRecordIO, MXIndexedRecordIO, IRHeader, pack, unpack",
        "from mxnet.base import MXNetError; assert issubclass(MXNetError, RuntimeError)",
        "from mxnet import MXNetError; import mxnet; assert mxnet.base.MXNetError is MXNetError",
        "from mxnet.image import imdecode",
        "import importlib; assert importlib.import_module('mxnet.recordio').unpack",
        "import mxnet; assert mxnet.__version__ == '1.9.1'",
    ],
)
def test_every_way_to_import_works(line: str) -> None:
    run_installed(line)


def test_the_classes_are_those_of_this_package() -> None:
    run_installed(
        "import mxnet\n"
        "assert mxnet.recordio.MXRecordIO is recordio_rs.MXRecordIO\n"
        "assert mxnet.recordio.MXIndexedRecordIO is recordio_rs.MXIndexedRecordIO\n"
        "assert mxnet.recordio.IRHeader is recordio_rs.IRHeader\n"
        "assert mxnet.MXNetError is recordio_rs.MXNetError\n"
    )


def test_a_star_import_brings_all_that_mxnets_module_has() -> None:
    printed = run_installed("from mxnet.recordio import *\nprint(*sorted(dir()))\n")
    mxnets = {
        *("IRHeader", "MXIndexedRecordIO", "MXRecordIO", "pack", "pack_img", "unpack"),
        *("unpack_img", "cv2", "ctypes", "struct", "numbers", "np", "namedtuple"),
        "current_process",
    }
    assert mxnets <= set(printed.split())


def test_a_star_import_of_the_package_brings_no_private_names() -> None:
    printed = run_python("from recordio_rs.recordio import *\nprint(*sorted(dir()))")
    public = {name for name in printed.split() if not name.startswith("_")}
    assert public == {
        *("HEADER", "IRHeader", "MXIndexedRecordIO", "MXNetError", "MXRecordIO"),
        *("pack", "pack_img", "unpack", "unpack_img"),
    }


def test_the_private_names_that_others_use_are_there() -> None:
    run_installed(
        "from mxnet.recordio import _IR_FORMAT, _IR_SIZE\n"
        "assert (_IR_FORMAT, _IR_SIZE) == ('IfQQ', 24)\n"
    )


def test_an_mxnet_script_runs(tmp_path: Path) -> None:
    printed = run_installed(
        "import mxnet as mx\n"
        "import numpy as np\n"
        "record = mx.recordio.MXIndexedRecordIO('tmp.idx', 'tmp.rec', 'w')\n"
        "for i in range(5):\n"
        "    record.write_idx(i, mx.recordio.pack(mx.recordio.IRHeader(0, i, i, 0), b'%d' % i))\n"
        "record.close()\n"
        "record = mx.recordio.MXIndexedRecordIO('tmp.idx', 'tmp.rec', 'r')\n"
        "header, data = mx.recordio.unpack(record.read_idx(3))\n"
        "print(header, data)\n"
        "try:\n"
        "    mx.recordio.MXRecordIO('missing.rec', 'r')\n"
        "except mx.base.MXNetError as error:\n"
        "    print('caught', type(error).__name__)\n",
        cwd=tmp_path,
    )
    assert printed.splitlines() == [
        "HEADER(flag=0, label=3.0, id=3, id2=0) b'3'",
        "caught StorageNotFoundError",
    ]


def test_installing_again_does_no_harm() -> None:
    run_installed(
        "import mxnet\n"
        "recordio_rs.install_as_mxnet()\n"
        "import mxnet as again\n"
        "assert again is mxnet\n"
        "assert again.recordio is mxnet.recordio\n"
    )


def test_the_real_mxnet_is_not_pushed_aside(tmp_path: Path) -> None:
    (tmp_path / "mxnet.py").write_text("real = True\n")
    printed = run_python(
        """
        import sys
        sys.path.insert(0, ".")
        import mxnet
        import recordio_rs
        try:
            recordio_rs.install_as_mxnet()
        except RuntimeError as error:
            print(error)
        assert sys.modules["mxnet"] is mxnet
        assert mxnet.real
        assert "mxnet.recordio" not in sys.modules
        """,
        cwd=tmp_path,
    )
    assert "mxnet.py" in printed


def test_what_is_not_there_is_an_attribute_error_that_says_so() -> None:
    printed = run_installed(
        "import mxnet as mx\n"
        "try:\n"
        "    mx.nd\n"
        "except AttributeError as error:\n"
        "    print(error)\n"
        "assert not hasattr(mx, 'gluon')\n"
        "try:\n"
        "    from mxnet import gluon\n"
        "except ImportError:\n"
        "    print('ImportError')\n"
        "try:\n"
        "    import mxnet.gluon\n"
        "except ModuleNotFoundError:\n"
        "    print('ModuleNotFoundError')\n"
    )
    message, *kinds = printed.splitlines()
    assert "nd" in message
    assert "recordio_rs" in message
    assert kinds == ["ImportError", "ModuleNotFoundError"]


def test_readers_and_headers_can_be_pickled_under_the_name_of_mxnet(tmp_path: Path) -> None:
    run_installed(
        "import pickle\n"
        "import mxnet as mx\n"
        "mx.recordio.MXRecordIO('a.rec', 'w').write(b'x')\n"
        "reader = pickle.loads(pickle.dumps(mx.recordio.MXRecordIO('a.rec', 'r')))\n"
        "assert reader.read() == b'x'\n"
        "assert pickle.loads(pickle.dumps(mx.recordio.IRHeader(0, 1.0, 2, 3))).id == 2\n",
        cwd=tmp_path,
    )


IMAGE = """
import cv2
import numpy as np
import mxnet as mx
pixels = np.arange(60, dtype=np.uint8).reshape(4, 5, 3)
encoded = cv2.imencode(".png", pixels)[1].tobytes()
"""


def test_imdecode_gives_red_green_blue_by_default() -> None:
    pytest.importorskip("cv2")
    run_installed(
        IMAGE + "found = mx.image.imdecode(encoded)\n"
        "assert (found.shape, found.dtype) == ((4, 5, 3), np.uint8)\n"
        "assert np.array_equal(found, pixels[:, :, ::-1])\n"
        "plain = found.asnumpy()\n"
        "assert type(plain) is np.ndarray\n"
        "assert np.array_equal(plain, found)\n"
        "plain[:] = 0\n"
        "assert found.any()\n"
    )


def test_imdecode_takes_mxnets_options() -> None:
    pytest.importorskip("cv2")
    run_installed(
        IMAGE + "assert np.array_equal(mx.image.imdecode(encoded, to_rgb=False), pixels)\n"
        "assert np.array_equal(mx.image.imdecode(encoded, to_rgb=0), pixels)\n"
        "assert mx.image.imdecode(encoded, flag=0).shape == (4, 5, 1)\n"
        "assert mx.image.imdecode(encoded, 0, False).shape == (4, 5, 1)\n"
        "out = np.zeros_like(pixels)\n"
        "mx.image.imdecode(encoded, out=out)\n"
        "assert np.array_equal(out, pixels[:, :, ::-1])\n"
        "for kind in (bytearray, memoryview, lambda data: np.frombuffer(data, np.uint8)):\n"
        "    assert mx.image.imdecode(kind(encoded)).shape == (4, 5, 3)\n"
    )


def test_imdecode_decodes_what_unpack_gives() -> None:
    pytest.importorskip("cv2")
    run_installed(
        IMAGE + "record = mx.recordio.pack_img((0, 1.0, 2, 0), pixels, 9, '.png')\n"
        "header, data = mx.recordio.unpack(record)\n"
        "assert np.array_equal(mx.image.imdecode(data).asnumpy()[:, :, ::-1], pixels)\n"
    )


@pytest.mark.parametrize("data", ["b''", "b'no image'", "encoded[8:]"])
def test_imdecode_of_no_image_is_an_mxnet_error(data: str) -> None:
    pytest.importorskip("cv2")
    printed = run_installed(
        IMAGE + f"try:\n    mx.image.imdecode({data})\nexcept mx.MXNetError:\n    print('caught')\n"
    )
    assert printed == "caught\n"
