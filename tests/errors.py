"""What an error of the package tells, and whether it still does behind a pickle."""

from __future__ import annotations

import pickle
from typing import Any

from recordio_rs.exceptions import MXNetError, RecordIOError

FACTS = ("path", "offset", "ordinal", "key", "expected", "found", "kind")
OF_THE_SYSTEM = ("errno", "strerror", "filename")


def told(error: RecordIOError) -> dict[str, Any]:
    """Gives all that an error tells."""
    names = (*FACTS, *OF_THE_SYSTEM) if isinstance(error, OSError) else FACTS
    return {name: getattr(error, name) for name in names} | {"text": str(error)}


def check_error(error: BaseException, **expected: object) -> None:
    """Asserts facts of an error, that code for MXNet catches it, and that it can be pickled."""
    assert isinstance(error, RecordIOError)
    assert isinstance(error, MXNetError)
    assert {name: getattr(error, name) for name in expected} == expected
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        twin = pickle.loads(pickle.dumps(error, protocol))
        assert type(twin) is type(error)
        assert told(twin) == told(error)
