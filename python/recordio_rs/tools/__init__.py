"""What the command `recordio` does, as functions that know nothing of a terminal."""
