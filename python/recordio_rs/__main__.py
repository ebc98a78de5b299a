"""`python -m recordio_rs` is the command `recordio`."""

import sys

from recordio_rs.cli import main

if __name__ == "__main__":
    sys.exit(main())
