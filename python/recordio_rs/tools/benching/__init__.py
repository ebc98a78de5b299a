"""How fast a file can be read on this machine."""
