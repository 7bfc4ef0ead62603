"""Explicit search in machine code (or, for small models, the same code as Python)."""

from plait.engines.native.engine import (
    NoCompilerError as NoCompilerError,
    UnsupportedError as UnsupportedError,
    check as check,
)
