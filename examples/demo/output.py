"""The demo's output directory, and the promise to overwrite nothing but the demo's own files."""

import json
from collections.abc import Sequence
from pathlib import Path

from photographs import Photograph

WRITER = "recordio_rs demo"


class OutputError(Exception):
    """The output directory cannot be used; the message says why in one sentence."""


class Output:
    """The files of a run: `train.rec`, `train.idx`, `contact_sheet.png` and `demo.json`.

    `demo.json` says what is in the dataset, and marks the others as written by the demo.
    """

    def __init__(self, directory: Path) -> None:
        """Name the files in `directory`; touches nothing."""
        self.directory = directory
        self.rec = directory / "train.rec"
        self.idx = directory / "train.idx"
        self.sheet = directory / "contact_sheet.png"
        self.about = directory / "demo.json"

    def check(self) -> None:
        """Make sure that nothing of somebody else's would be overwritten.

        Raises:
            OutputError: A file of that name is there already and is not the demo's.
        """
        if self.directory.exists() and not self.directory.is_dir():
            raise OutputError(f"{self.directory} is not a folder: choose another --out")
        if self._is_ours():
            return
        for path in (self.rec, self.idx, self.sheet, self.about):
            if path.exists() or path.is_symlink():
                raise OutputError(
                    f"{path} was not written by this demo and would be overwritten: "
                    "choose another --out"
                )

    def claim(self, photographs: Sequence[Photograph], count: int, size: int, seed: int) -> None:
        """Create the directory, write `demo.json`, and take away an older contact sheet.

        That sheet would not belong to the records, should the run fail before it draws its own.

        Raises:
            OutputError: The directory cannot be written to.
        """
        about = {
            "written_by": WRITER,
            "records": count,
            "size": size,
            "seed": seed,
            "labels": [photograph.name for photograph in photographs],
        }
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            self.about.write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")
            self.sheet.unlink(missing_ok=True)
        except OSError as error:
            raise OutputError(f"cannot write to {self.directory}: {error.strerror}") from error

    def _is_ours(self) -> bool:
        try:
            about = json.loads(self.about.read_bytes())
        except (OSError, ValueError):
            return False
        return isinstance(about, dict) and about.get("written_by") == WRITER
