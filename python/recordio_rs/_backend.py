"""How the bytes of a file are had."""

from __future__ import annotations

from typing import Literal, TypeAlias

Backend: TypeAlias = Literal["auto", "positioned", "mmap"]
