"""What one process is to measure."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from benchmarks.sets import PAYLOAD_COUNT, RecordSet

BATCH = 256
"""How many records a call for many takes."""

MADE = "made"
"""The folder of what is made and not kept."""


@dataclass(frozen=True)
class Job:
    """One measurement, or the making of a file that others measure.

    Attributes:
        engine: The module in `benchmarks.engines`.
        function: The function there.
        settings: What that function is given besides the job.
        records: The set.
        folder: Where its files are.
        seconds: How long loops go on that could go on for ever.
        draws: How many ordinals are drawn before they are drawn again.
    """

    engine: str
    function: str
    records: RecordSet
    folder: Path
    settings: Mapping[str, Any] = field(default_factory=dict)
    seconds: float = 1.0
    draws: int = 0

    def path(self, ending: str) -> str:
        """Returns the path of the set's file with this ending."""
        return str(self.folder / f"{self.records.name}.{ending}")

    def made(self, name: str) -> str:
        """Returns the path of a file or folder that is made and not kept."""
        return str(self.folder / MADE / name)

    @cached_property
    def order(self) -> list[int]:
        """The ordinals in random order, drawn with replacement: whole batches, the same always."""
        count = max(1, self.draws // BATCH) * BATCH
        return random.Random(1).choices(range(self.records.count), k=count)

    @cached_property
    def batches(self) -> list[list[int]]:
        """The same ordinals, as many in a list as a call for many takes."""
        return [self.order[at : at + BATCH] for at in range(0, len(self.order), BATCH)]

    def check(self, ordinal: int, record: bytes | memoryview) -> None:
        """Ends the process unless `record` is the one with this ordinal."""
        if bytes(record) != self.records.payloads()[ordinal % PAYLOAD_COUNT]:
            raise SystemExit(f"{self.function} has not read the record with ordinal {ordinal}")

    def to_json(self) -> str:
        """Returns the job as text for the command line of another process."""
        return json.dumps({**asdict(self), "folder": str(self.folder)})

    @classmethod
    def from_json(cls, text: str) -> Job:
        """Returns the job that `to_json` made the text of."""
        fields = json.loads(text)
        fields["records"] = RecordSet(**fields["records"])
        fields["folder"] = Path(fields["folder"])
        return cls(**fields)
