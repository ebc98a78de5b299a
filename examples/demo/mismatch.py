"""The one failure the demo exists to find."""


class MismatchError(Exception):
    """A record is not what it has to be; the message names it, the expected and the found."""

    def __init__(self, key: int, step: str, what: str, expected: object, found: object) -> None:
        """Describe what is wrong with the record of this key, and in which step it showed."""
        super().__init__(
            f"record {key} is not as expected: {what} ({step})\n"
            f"  expected {expected}\n"
            f"  found    {found}"
        )
