"""Runs the same operations against MXNet's `mx.recordio` and against this package's."""
