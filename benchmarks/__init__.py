"""Measures this package, MXNet 1.9.1 and two peers side by side: `make bench`."""
