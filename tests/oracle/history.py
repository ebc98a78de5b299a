"""What a reader has been through: enough to know where MXNet's and this package's part ways."""

from __future__ import annotations

from dataclasses import dataclass, replace

from oracle.operations import Operation
from oracle.results import Result

EDITS = ("shuffle_keys", "append_key", "set_offset", "delete_offset")

READS = ("read", "read_idx")


def is_error(result: Result) -> bool:
    """Tells whether an operation raised."""
    return isinstance(result, dict) and "error" in result


@dataclass
class History:
    """The past of the object in one slot, as far as it matters to the comparison."""

    reads: bool = True
    """Whether it is a reader."""

    malformed: bool = False
    """Whether its file or its offsets were made by hand."""

    sticky: bool = True
    """Whether the end of file sticks to MXNet's."""

    stuck: bool = False
    """Whether MXNet's has met the end of file since it was last opened."""

    closed: bool = False
    """Whether it was closed by its user."""

    closed_upstream: bool = False
    """Whether MXNet's alone is closed: it was pickled or copied."""

    lost: bool = False
    """Whether the two stand at different places in the file."""

    edited: bool = False
    """Whether its index was changed in memory."""

    absent: bool = False
    """Whether only MXNet's exists: this package refused to make the object."""

    forked: bool = False
    """Whether MXNet's has read its index anew since, and so forgot the change."""

    def opened(self) -> None:
        """Notes that both are opened anew."""
        self.forgot_upstream()
        self.closed = self.lost = False

    def forgot_upstream(self) -> None:
        """Notes that MXNet's is opened anew."""
        self.stuck = self.closed_upstream = False
        self.forked = self.forked or self.edited

    def forks(self, do: str) -> bool:
        """Tells whether an operation makes MXNet's forget changes to its index."""
        opens = do in ("seek", "read_idx") and (self.closed or self.closed_upstream)
        return self.edited and opens

    def note(self, operation: Operation, ours: Result, theirs: Result) -> None:
        """Notes what the two made of an operation on the object."""
        do = operation["do"]
        if do == "new":
            self.absent = is_error(ours) and not is_error(theirs)
        if do in EDITS:
            self.edited = True
            self.malformed = self.malformed or do == "set_offset"
        if do in ("reset", "open"):
            self.opened()
        if do == "close":
            self.closed, self.closed_upstream = True, False
        if do in ("seek", "read_idx") and self.reads:
            self.note_seek(ours, theirs)
        if do in READS:
            self.stuck = self.stuck or (self.sticky and theirs is None)
            self.lost = self.lost or (self.malformed and (is_error(ours) or is_error(theirs)))
        if do in ("pickle", "copy"):
            self.closed_upstream = self.closed_upstream or not self.closed

    def note_seek(self, ours: Result, theirs: Result) -> None:
        """Notes that the two were sent to a key, which opens what was closed."""
        if is_error(ours) != is_error(theirs) or (self.closed_upstream and is_error(theirs)):
            self.lost = True
        elif not is_error(theirs):
            self.lost = False
        if self.closed:
            self.opened()
        elif self.closed_upstream:
            self.forgot_upstream()

    def copied(self) -> History:
        """Gives the history of what the object becomes by pickling or copying."""
        return replace(self, stuck=False, lost=False, forked=self.edited)
