"""Machine code that was compiled before, by all that it depends on.

    known(key)          what is kept for it, or None
    keep(key, body)     keep it
    remembered(key, build)   what is kept, or else what `build` makes, which is kept

The folder belongs to the user alone (mode 0700), since what is in it is run.  An entry has its whole key with it and a
checksum of its body: one that is broken, cut short or in another's place is as good as none.  (So no hash is trusted,
and nothing of cryptography is loaded, which would take longer than all else here.)  Entries are written beside their
place and renamed into it, so two processes never see half of one, and a process that is killed leaves at most a file
that nobody reads, which a later one removes.  The folder has a bound, which is looked after now and then: what was not
used for the longest time goes first.  Where nothing can be written, nothing is kept; that is never an error.
"""

from __future__ import annotations

import contextlib
import os
import stat
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

Key: TypeAlias = tuple[str, ...]
"""Everything that an entry depends on."""

MAGIC = b"plait native 3\n"
SUFFIX = ".o"
UNFINISHED = "new-"
TIDIED = "tidied"  # a file that is touched whenever the folder was looked through
MOST = 64 << 20  # bytes of all entries; a model takes some hundred thousand
ABANDONED = 3600.0  # seconds after which nobody finishes a file any more
PAUSE = 600.0  # seconds until it is looked through again: that takes longer than all else here
FRESH = 3600.0  # seconds for which an entry counts as just used, and is not touched again


def folder() -> Path:
    """Where entries are: under XDG_CACHE_HOME, or ~/.cache."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if os.path.isabs(base) else Path.home() / ".cache") / "plait"


def remembered(key: Key, build: Callable[[], bytes]) -> bytes:
    """What `build` makes, from the cache if it was made before for the same key."""
    found = known(key)
    if found is None:
        found = build()
        keep(key, found)
    return found


def known(key: Key) -> bytes | None:
    """What is kept for a key."""
    place = _own_folder(make=False)
    return None if place is None else _read(place, _joined(key))


def keep(key: Key, body: bytes) -> None:
    """Keep something for a key, if anything can be kept here."""
    place = _own_folder(make=True)
    if place is not None:
        with contextlib.suppress(OSError):
            _write(place, _joined(key), body)
            if _is_due(place):
                _tidy(place)


def _joined(key: Key) -> bytes:
    """The parts with their lengths, so that no two keys read the same."""
    return "".join(f"{len(part)}:{part}" for part in key).encode("utf-8", "surrogatepass")


def _own_folder(*, make: bool) -> Path | None:
    """The folder, made if need be; None where it is not the user's alone."""
    try:
        place = folder()
        if make:
            place.mkdir(mode=0o700, parents=True, exist_ok=True)
        about = place.lstat()
    except (OSError, RuntimeError):  # RuntimeError: there is no home
        return None
    mine = stat.S_ISDIR(about.st_mode) and about.st_uid == os.getuid() and not about.st_mode & 0o077
    return place if mine else None


def _entry(place: Path, key: bytes) -> Path:
    """Where an entry is; of two keys that share a place, the one that was kept last has it."""
    return place / f"{zlib.crc32(key):08x}{len(key):08x}{SUFFIX}"


def _head(key: bytes, body: bytes) -> bytes:
    """What stands before the body of an entry."""
    return b"%b%016x%08x%08x%b" % (MAGIC, len(key), zlib.crc32(body), zlib.adler32(body), key)


def _read(place: Path, key: bytes) -> bytes | None:
    """An entry of this key whose checksum is right."""
    path = _entry(place, key)
    try:
        data = path.read_bytes()
    except OSError:
        return None
    size = len(MAGIC) + 32 + len(key)
    head, body = data[:size], data[size:]
    if head != _head(key, body):
        return None
    with contextlib.suppress(OSError):
        if time.time() - path.stat().st_mtime > FRESH:
            os.utime(path)
    return body


def _write(place: Path, key: bytes, body: bytes) -> None:
    """An entry, whole or not at all; raises OSError."""
    unfinished = place / f"{UNFINISHED}{os.getpid()}-{time.monotonic_ns()}"
    number = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(number, "wb") as file:
            file.write(_head(key, body) + body)
        unfinished.replace(_entry(place, key))
    except BaseException:
        with contextlib.suppress(OSError):
            unfinished.unlink()
        raise


def _is_due(place: Path) -> bool:
    """Whether nobody has looked through the folder for a while; from now on somebody has.  Raises OSError."""
    mark = place / TIDIED
    with contextlib.suppress(FileNotFoundError):
        if abs(time.time() - mark.stat().st_mtime) < PAUSE:
            return False
    mark.touch(mode=0o600)
    return True


def _tidy(place: Path) -> None:
    """Remove what was left unfinished, and the entries that were not used for the longest time if they are too many."""
    now = time.time()
    entries: list[tuple[float, int, str]] = []
    with os.scandir(place) as found:
        for item in found:
            with contextlib.suppress(OSError):  # another process may have been quicker
                about = item.stat(follow_symlinks=False)
                if item.name.startswith(UNFINISHED) and now - about.st_mtime > ABANDONED:
                    os.unlink(item.path)
                elif item.name.endswith(SUFFIX):
                    entries.append((about.st_mtime, about.st_size, item.path))
    total = sum(size for _, size, _ in entries)
    for _, size, path in sorted(entries):
        if total <= MOST:
            return
        with contextlib.suppress(OSError):
            os.unlink(path)
        total -= size
