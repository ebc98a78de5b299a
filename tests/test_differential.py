"""The same operations on this package and on the real MXNet: the results must be the same.

Needs MXNet in an environment of its own, see `oracle.client`; without it the tests are skipped,
or fail if RECORDIO_REQUIRE_ORACLE is 1. What may differ is in `oracle.differences`.
"""

from __future__ import annotations

import importlib
import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oracle import strict
from oracle.client import VARIABLE, Module, Oracle, interpreter
from oracle.comparison import Comparison
from oracle.differences import DIFFERENCES
from oracle.examples import EXAMPLES, Example
from oracle.history import is_error
from oracle.malformed import index_files, malformed_records
from oracle.operations import Operation, perform
from oracle.results import Result, bytes_result
from oracle.sequences import indexed, sequential, writers
from oracle.strategies import HEADERS, IDENTIFIERS, LABELS, PIECES, images, record_bytes
from oracle.values import Spec

pytestmark = pytest.mark.differential

PACKED_AT_ONCE = 4
"""How many headers are packed in one case."""


def cases(count: int) -> settings:
    """Gives the settings for so many generated cases."""
    return settings(
        max_examples=count,
        deadline=None,
        derandomize=bool(os.environ.get("CI")),
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


class Sides:
    """The two sides, and the comparison between them."""

    def __init__(self, recordio: ModuleType, oracle: Oracle) -> None:
        """Takes the module to test and the MXNet to test it against."""
        self.recordio = recordio
        self.oracle = oracle
        self.comparison = Comparison()

    def ours(self, operations: list[Operation]) -> list[Result]:
        """Gives our results."""
        # Through JSON, as the other side has them: it keeps no more than one kind of NaN.
        same = json.loads(json.dumps(operations))
        with tempfile.TemporaryDirectory() as directory:
            return perform(self.recordio, same, Path(directory))

    def compare(
        self, operations: list[Operation], module: Module = "original"
    ) -> tuple[list[Result], list[Result]]:
        """Fails if the results differ where they may not; gives ours and theirs."""
        ours, theirs = self.ours(operations), self.oracle.perform(operations, module)
        problems = self.comparison.compare(operations, ours, theirs, module == "original")
        assert not problems, "\n".join(problems)
        return ours, theirs


class Summary:
    """A plugin of pytest that tells at the end how much was compared."""

    def __init__(self, comparison: Comparison) -> None:
        """Takes what did the comparing."""
        self.comparison = comparison

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Writes the counts below the results."""
        terminalreporter.section("differential")
        terminalreporter.write_line(self.comparison.summary())


@pytest.fixture(scope="module")
def sides(request: pytest.FixtureRequest) -> Iterator[Sides]:
    """Gives the two sides."""
    if not interpreter().exists():
        reason = f"no MXNet: {interpreter()} is missing ({VARIABLE} can name another)"
        if os.environ.get("RECORDIO_REQUIRE_ORACLE") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    with Oracle() as oracle:
        both = Sides(importlib.import_module("recordio_rs.recordio"), oracle)
        request.config.pluginmanager.register(Summary(both.comparison))
        yield both


@cases(1_000)
@given(operations=sequential())
def test_sequential(sides: Sides, operations: list[Operation]) -> None:
    """Records written and read in order."""
    sides.compare(operations)


@cases(1_000)
@given(operations=indexed())
def test_indexed(sides: Sides, operations: list[Operation]) -> None:
    """Records written and read by key."""
    sides.compare(operations)


@cases(1_000)
@given(operations=indexed())
def test_indexed_past_the_end(sides: Sides, operations: list[Operation]) -> None:
    """The same against an MXNet that can go on after the end of file: all reads count."""
    sides.compare(operations, "unstuck")


@cases(800)
@given(operations=writers())
def test_writers(sides: Sides, operations: list[Operation]) -> None:
    """Writers that are closed, reset, opened again and misused."""
    sides.compare(operations)


@cases(1_000)
@given(generated=malformed_records())
def test_malformed_records(
    sides: Sides, generated: tuple[bytes, list[int] | None, list[Operation]]
) -> None:
    """Files that break the format's rules: those MXNet refuses, and all others that do."""
    data, offsets, operations = generated
    ours, _ = sides.compare(operations)
    if offsets is None:
        outcomes = strict.read_all(data)
        results = ours[2 : 2 + len(outcomes)]
    else:
        # There is nothing to read at the end, so a key that points there is wrong.
        found = [strict.read(data, min(offset, len(data))) for offset in offsets]
        outcomes = ["malformed" if each == "end" else each for each in found]
        results = ours[3::2]
    for outcome, outcome_of_ours in zip(outcomes, results, strict=False):
        if outcome == "malformed":
            assert is_error(outcome_of_ours), f"{data.hex()} is malformed"
        else:
            expected = None if outcome == "end" else bytes_result(outcome.payload)
            assert outcome_of_ours == expected


@cases(800)
@given(operations=index_files())
def test_index_files(sides: Sides, operations: list[Operation]) -> None:
    """Index files with all that Python's `int` and `str.strip` let through, and what they don't."""
    sides.compare(operations)


@cases(1_000)
@given(
    headers=st.lists(HEADERS, min_size=PACKED_AT_ONCE, max_size=PACKED_AT_ONCE),
    body=st.lists(PIECES, max_size=3).map(b"".join),
)
def test_pack(sides: Sides, headers: list[Spec], body: bytes) -> None:
    """Headers of every kind before a body."""
    spec = {"kind": "bytes", "hex": body.hex()}
    sides.compare([{"do": "pack", "header": header, "body": spec} for header in headers])


@cases(600)
@given(
    kind=st.sampled_from(["bytes", "bytes", "bytearray", "memoryview"]),
    flag=st.one_of(st.integers(0, 6), st.integers(0, 2**32 - 1)),
    rest=st.binary(max_size=60),
    length=st.integers(20, 90),
)
def test_unpack(sides: Sides, kind: str, flag: int, rest: bytes, length: int) -> None:
    """Records cut at any place, whatever their header says."""
    data = (flag.to_bytes(4, "little") + rest)[:length]
    sides.compare([{"do": "unpack", "record": {"kind": kind, "hex": data.hex()}}])


@cases(150)
@given(image=images(), label=LABELS, identifier=IDENTIFIERS, to_gray=st.booleans())
def test_png_images(
    sides: Sides, image: Spec, label: Spec, identifier: Spec, to_gray: bool
) -> None:
    """Images packed by either side and unpacked by both."""
    pytest.importorskip("cv2")
    pack: Operation = {
        "do": "pack_img",
        "header": [0, label, identifier, 0],
        "image": image,
        "quality": 3,
        "img_fmt": ".png",
    }
    packed = [sides.ours([pack])[0], sides.oracle.perform([pack])[0]]
    assert is_error(packed[0]) == is_error(packed[1])
    whole = []
    for result in packed:
        if not is_error(result):
            record = record_bytes({"hex": result["bytes"]})
            unpack: Operation = {"do": "unpack_img", "record": record}
            whole.append(sides.compare([unpack])[0])
            as_asked = [{**unpack, "iscolor": 0 if to_gray else 1}]
            ours = decoded(sides.ours(as_asked)[0])
            theirs = decoded(sides.oracle.perform(as_asked)[0])
            # Releases of OpenCV round differently on the way to fewer channels or bits.
            assert ours.shape == theirs.shape
            assert np.abs(ours - theirs).max() <= 1
    assert whole[1:] == whole[:-1], "the two packed the same image"


def decoded(result: Result) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Gives the pixels of an unpacked image of 8 bit."""
    image = result[1]
    pixels = np.frombuffer(bytes.fromhex(image["array"]), image["dtype"])
    return pixels.astype(np.int64).reshape(image["shape"])


CONSTRUCTIONS: list[Operation] = [
    {"do": "new", "into": "r", "rec": rec, "flag": flag, **index}
    for rec in ("missing.rec", "no/such/directory.rec", "")
    for flag in ("r", "w", "a", "rb", "wb", "", None, 5)
    for index in ({}, {"idx": "missing.idx"}, {"idx": "no/such/directory.idx"})
    # The scratch directory itself, under the empty name, is shown among the examples.
    if rec or flag not in ("r",)
]


@pytest.mark.parametrize("construction", CONSTRUCTIONS, ids=json.dumps)
def test_construction(sides: Sides, construction: Operation) -> None:
    """Files that are missing and flags that are none."""
    sides.compare([construction, {"do": "get", "on": "r", "name": "is_open"}])


def fits(result: Result, expected: Result) -> bool:
    """Tells whether a result is the one expected, or an error of the class expected."""
    if is_error(result) and is_error(expected):
        return expected["error"] in (result["error"], *result["bases"])
    return bool(result == expected)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.difference)
def test_difference(sides: Sides, example: Example) -> None:
    """Every intended difference, as either side shows it."""
    before = sides.comparison.permitted[example.difference]
    ours, theirs = sides.compare(example.operations)
    assert fits(theirs[-1], example.theirs), theirs[-1]
    assert fits(ours[-1], example.ours), ours[-1]
    assert sides.comparison.permitted[example.difference] > before, "another rule permits it"


def test_differences_have_examples() -> None:
    """No difference is permitted that is not shown to be there."""
    assert {example.difference for example in EXAMPLES} == {each.name for each in DIFFERENCES}
