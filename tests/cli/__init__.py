"""The command `recordio`, run as a process."""
