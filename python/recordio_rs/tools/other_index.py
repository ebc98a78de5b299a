"""Whether the index beside a file seems to be that of another one."""

from __future__ import annotations

from recordio_rs.reader import Reader
from recordio_rs.tools.magic import MAGIC

__all__ = ["OTHER_INDEX", "has_index_of_another"]

OTHER_INDEX = (
    "perhaps the index is of another file: recordio verify tells, and recordio index makes it anew"
)
"""What may be wrong where there is no record where the index says that there is one."""

# How many entries of the index are asked where they point to.
_ASKED = 16


def has_index_of_another(reader: Reader) -> bool:
    """Tells whether most of some entries of the index point to where no record begins.

    Args:
        reader: The file.

    Raises:
        OSError: The file cannot be read.
    """
    if reader.index_path is None or not len(reader):
        return False
    some = reader.offsets[:: -(-len(reader) // _ASKED)].tolist()
    with open(reader.path, "rb") as file:
        wrong = [at for at in some if file.seek(at) != at or file.read(len(MAGIC)) != MAGIC]
    return 2 * len(wrong) > len(some)
