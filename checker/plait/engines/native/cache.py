"""Machine code that was compiled before, by the hash of all that it depends on.

The folder belongs to the user alone (mode 0700), since what is in it is run.  An entry carries a checksum: one that is
broken, cut short or foreign is made anew.  Entries are written beside their place and renamed into it, so two processes
never see half of one.  Where nothing can be written, nothing is kept.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path

MAGIC = b"plait native 1\n"


def folder() -> Path:
    """Where entries are: under XDG_CACHE_HOME, or ~/.cache."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "plait"


def remembered(parts: tuple[str, ...], build: Callable[[], bytes]) -> bytes:
    """What `build` makes, from the cache if it was made before for the same parts."""
    digest = hashlib.sha256("\0".join(parts).encode()).hexdigest()
    place = _own_folder()
    if place is None:
        return build()
    path = place / f"{digest}.o"
    known = _read(path)
    if known is not None:
        return known
    made = build()
    _write(path, made)
    return made


def _own_folder() -> Path | None:
    """The folder, made if need be; None where it is not the user's alone."""
    place = folder()
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        about = place.lstat()
    except (OSError, RuntimeError):
        return None
    mine = stat.S_ISDIR(about.st_mode) and about.st_uid == os.getuid() and not about.st_mode & 0o077
    return place if mine else None


def _read(path: Path) -> bytes | None:
    """An entry whose checksum is right."""
    try:
        data = path.read_bytes()
    except OSError:
        return None
    head, body = data[: len(MAGIC) + 32], data[len(MAGIC) + 32 :]
    return body if head == MAGIC + hashlib.sha256(body).digest() else None


def _write(path: Path, body: bytes) -> None:
    """An entry, whole or not at all."""
    with contextlib.suppress(OSError):
        number, name = tempfile.mkstemp(dir=path.parent, prefix="new-")
        try:
            with os.fdopen(number, "wb") as file:
                file.write(MAGIC + hashlib.sha256(body).digest() + body)
            Path(name).replace(path)
        except OSError:
            Path(name).unlink(missing_ok=True)
