"""Processes of the command `recordio` that need not import it first.

A start of Python with the modules of the command takes ten times as long as most of what the tests
let it do. So one process imports them, and forks for each run: the child gets the arguments, the
environment, the folder and the three pipes of the run, and goes on as `python -m recordio_rs` does,
up to the end of the interpreter. Run as `python -m cli.warm FD`, by `Warm`.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import warnings
from collections.abc import Mapping, Sequence

__all__ = ["Warm"]

_LARGEST = 1 << 20  # bytes of a request


class Warm:
    """The process that forks, seen from the tests."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "cli.warm", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                # Python makes its files for what is there when it starts: pipes, as runs have.
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            )
        self._socket = ours

    def start(
        self, arguments: Sequence[str], folder: str, env: Mapping[str, str], files: Sequence[int]
    ) -> int:
        """Starts a run, and gives the id of its process.

        Args:
            arguments: What stands behind `recordio`.
            folder: Where it runs.
            env: Its environment; what Python itself looks at has no effect.
            files: Standard input, output and error: pipes.
        """
        request = {"arguments": arguments, "folder": folder, "env": dict(env)}
        socket.send_fds(self._socket, [json.dumps(request).encode()], files)
        return int(self._socket.recv(100))

    def wait(self) -> int:
        """Waits for the end of the run, and gives its exit code, or minus the signal."""
        return int(self._socket.recv(100))

    def close(self) -> None:
        """Ends the process."""
        self._socket.close()
        self._process.communicate()


def _serve(requests: socket.socket) -> bool:
    """Forks for each request; returns whether this is a child, which goes on as the command."""
    while True:
        message, files, _, _ = socket.recv_fds(requests, _LARGEST, 3)
        if not message:
            return False
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of threads, which NumPy has
            child = os.fork()
        if not child:
            requests.close()
            _become(json.loads(message), files)
            return True
        for file in files:
            os.close(file)
        requests.send(b"%d" % child)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        requests.send(b"%d" % status)


def _become(request: dict[str, object], files: Sequence[int]) -> None:
    """Takes over what a run was asked to have."""
    for place, file in enumerate(files):
        os.dup2(file, place)
        os.close(file)
    env, arguments = request["env"], request["arguments"]
    assert isinstance(env, dict)
    assert isinstance(arguments, list)
    os.environ.clear()
    os.environ.update(env)
    os.chdir(str(request["folder"]))
    sys.argv[1:] = arguments


if __name__ == "__main__":
    import cv2

    import recordio_rs
    from recordio_rs.cli.app import SECTIONS, main, recordio

    context = recordio.make_context("recordio", ["--"], resilient_parsing=True)
    for names in SECTIONS.values():
        for name in names:
            recordio.get_command(context, name)
    del cv2, recordio_rs, context
    if _serve(socket.socket(fileno=int(sys.argv[1]))):
        sys.exit(main())
