"""The cache of machine code under attack: damaged and foreign entries, folders of others, full disks, killed runs."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from plait.engines.native import cache

KEY = ("model", "x86", "def f() -> None: ...")
BODY = bytes(range(256)) * 20
CLASSIC = Path(__file__).parents[2] / "models" / "classic"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "plait"


def never() -> bytes:
    raise AssertionError("it was built again")


def entry(home: Path) -> Path:
    (found,) = home.glob("*.o")
    return found


# ---- what is kept


def test_what_was_built_is_not_built_again(home: Path) -> None:
    assert cache.known(KEY) is None
    assert cache.remembered(KEY, lambda: BODY) == BODY
    assert cache.remembered(KEY, never) == BODY
    assert home.stat().st_mode & 0o777 == 0o700
    assert entry(home).stat().st_mode & 0o777 == 0o600


def test_an_empty_entry_is_an_entry() -> None:
    cache.keep(KEY, b"")
    assert cache.known(KEY) == b""


@pytest.mark.parametrize("other", [("model", "x86"), ("model", "x86def f() -> None: ..."), ("kernel", *KEY[1:])])
def test_another_key_is_another_entry(other: cache.Key) -> None:
    cache.keep(KEY, BODY)
    assert cache.known(other) is None


def test_parts_of_a_key_cannot_be_shifted() -> None:
    cache.keep(("a", "b:c"), b"one")
    assert cache.known(("a:b", "c")) is None
    assert cache.known(("ab", ":c")) is None


# ---- what is damaged


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def one_bit(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def longer(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\0")


def other_version(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b"plait native 3", b"plait native 2"))


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def of_another_key(path: Path) -> None:
    cache.keep(("other",), b"other code")
    (other,) = set(path.parent.glob("*.o")) - {path}
    other.replace(path)


DAMAGE: list[Callable[[Path], None]] = [cut, emptied, one_bit, longer, other_version, a_folder, of_another_key]


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_entry_is_built_again(damage: Callable[[Path], None], home: Path) -> None:
    cache.keep(KEY, BODY)
    damage(entry(home))
    assert cache.known(KEY) is None
    assert cache.remembered(KEY, lambda: BODY) == BODY


@pytest.mark.parametrize("damage", [found for found in DAMAGE if found is not a_folder])
def test_and_is_whole_again(damage: Callable[[Path], None], home: Path) -> None:
    cache.keep(KEY, BODY)
    damage(entry(home))
    cache.keep(KEY, BODY)
    assert cache.known(KEY) == BODY


# ---- folders that are not ours alone, and disks that take nothing


@pytest.mark.parametrize("mode", [0o755, 0o770, 0o701])
def test_a_folder_that_others_can_enter_is_not_used(mode: int, home: Path) -> None:
    cache.keep(KEY, BODY)
    home.chmod(mode)
    assert cache.known(KEY) is None
    cache.keep(("other",), BODY)
    assert len(list(home.glob("*.o"))) == 1
    home.chmod(0o700)
    assert cache.known(KEY) == BODY


def test_a_folder_of_somebody_else_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    cache.keep(KEY, BODY)
    monkeypatch.setattr(os, "getuid", lambda: 4_242)
    assert cache.known(KEY) is None


def test_a_link_in_place_of_the_folder_is_not_followed(home: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    home.symlink_to(tmp_path / "elsewhere")
    cache.keep(KEY, BODY)
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_file_in_place_of_the_folder(home: Path) -> None:
    home.write_text("")
    assert cache.remembered(KEY, lambda: BODY) == BODY


def test_no_home(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setattr(Path, "home", nowhere)
    assert cache.remembered(KEY, lambda: BODY) == BODY


def test_a_relative_folder_is_not_meant(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "here")
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    assert cache.folder() == tmp_path / ".cache" / "plait"


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES])
@pytest.mark.parametrize("where", ["os.open", "os.fdopen", "pathlib.Path.replace", "os.scandir"])
def test_where_nothing_can_be_written_nothing_is_kept(
    number: int, where: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.keep(("other",), BODY)

    def refused(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patched:
        patched.setattr(where, refused)
        assert cache.remembered(KEY, lambda: BODY) == BODY
    assert list(home.glob(f"{cache.UNFINISHED}*")) == []
    assert cache.known(("other",)) == BODY


# ---- how large it gets


@pytest.fixture
def always_tidied(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "PAUSE", 0.0)


@pytest.mark.parametrize("age", [cache.PAUSE + 1, 86_400.0, -86_400.0])  # the last: the clock was wrong
def test_the_folder_is_looked_through_again_after_a_while(
    age: float, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.keep(("first",), BODY)
    monkeypatch.setattr(cache, "MOST", len(BODY) + 100)
    cache.keep(KEY, BODY)
    assert cache.known(("first",)) == BODY  # for a while it may be too large
    os.utime(home / cache.TIDIED, (time.time() - age,) * 2)
    cache.keep(("last",), BODY)
    assert [cache.known(key) for key in (("first",), KEY)] == [None, None]


@pytest.mark.usefixtures("always_tidied")
def test_what_was_not_used_for_the_longest_time_goes_first(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time()
    for age in (3, 2, 1):
        cache.keep((f"{age} days old",), BODY)
        newest = max(home.glob("*.o"), key=lambda path: path.stat().st_mtime)
        os.utime(newest, (now - age * 86_400,) * 2)
    assert cache.known(("3 days old",)) == BODY  # used now
    monkeypatch.setattr(cache, "MOST", 3 * len(BODY) + 500)
    cache.keep(KEY, BODY)
    left = [key for key in (("3 days old",), ("2 days old",), ("1 days old",), KEY) if cache.known(key) is not None]
    assert left == [("3 days old",), ("1 days old",), KEY]


@pytest.mark.usefixtures("always_tidied")
def test_what_is_too_large_alone_is_not_kept_for_long(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "MOST", 100)
    assert cache.remembered(KEY, lambda: BODY) == BODY
    assert sum(path.stat().st_size for path in home.iterdir()) <= 100


@pytest.mark.usefixtures("always_tidied")
def test_files_that_nobody_finished_are_removed_when_they_are_old(home: Path) -> None:
    cache.keep(KEY, BODY)
    old, new = home / f"{cache.UNFINISHED}old", home / f"{cache.UNFINISHED}new"
    for path in (old, new):
        path.write_bytes(BODY[:100])
    os.utime(old, (time.time() - 2 * cache.ABANDONED,) * 2)
    cache.keep(("other",), BODY)
    assert not old.exists()
    assert new.exists()  # another process may be writing it


@pytest.mark.usefixtures("always_tidied")
def test_other_files_in_the_folder_are_left_alone(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "MOST", 100)
    cache.keep(KEY, BODY)
    (home / "notes.txt").write_text("mine")
    cache.keep(KEY, BODY)
    assert (home / "notes.txt").read_text() == "mine"


# ---- many at once, and runs that are killed


def test_many_writers_and_readers_never_see_half_an_entry() -> None:
    def work(turn: int) -> bytes | None:
        if turn % 3:
            cache.keep(KEY, BODY)
        return cache.known(KEY)

    cache.keep(KEY, BODY)
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(work, range(300))) == {BODY}


def command(managers: int) -> list[str]:
    path = str(CLASSIC / "two_phase.plait")
    options = ["--proposal", "TwoPhase", "--set", f"managers={managers}", "--no-symmetry", "--engine", "native"]
    return [sys.executable, "-m", "plait", "check", path, *options]


@pytest.mark.native
def test_two_processes_at_once() -> None:
    runs = [subprocess.Popen(command(6), stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = [run.communicate()[0] for run in runs]
    assert [run.returncode for run in runs] == [0, 0]
    assert all("50,816 states" in text for text in said)


def delays() -> Iterator[float]:
    """Over the whole of a run that compiles: a third of a second or so."""
    yield from (0.1, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5)


@pytest.mark.native
def test_a_run_that_is_killed_leaves_a_cache_that_works(home: Path) -> None:
    for delay in delays():
        run = subprocess.Popen(command(6), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(delay)
        run.send_signal(signal.SIGKILL)
        run.wait()
    for path in home.glob(f"{cache.UNFINISHED}*"):
        os.utime(path, (0, 0))
    for path in home.glob("*.o"):  # so that the next run has to write
        path.unlink()
    done = subprocess.run(command(6), capture_output=True, text=True, check=True)
    assert "50,816 states" in done.stdout
    assert list(home.glob(f"{cache.UNFINISHED}*")) == []
    again = subprocess.run(command(6), capture_output=True, text=True, check=True)
    assert "50,816 states" in again.stdout


@pytest.mark.native
@pytest.mark.parametrize("damage", [cut, one_bit, emptied])
def test_a_run_over_damaged_entries(damage: Callable[[Path], None], home: Path) -> None:
    subprocess.run(command(6), capture_output=True, check=True)
    kept = sorted(path.name for path in home.glob("*.o"))
    assert len(kept) >= 2  # the kernel and the model
    for path in home.glob("*.o"):
        damage(path)
    done = subprocess.run(command(6), capture_output=True, text=True, check=True)
    assert "50,816 states" in done.stdout
    assert set(kept) <= {path.name for path in home.glob("*.o")}  # threads may call other parts


# ---- what an entry depends on


@pytest.mark.native
def test_versions_and_the_processor_are_in_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    import llvmlite
    import llvmlite.binding as llvm

    from plait.engines.native import machine

    keys = {machine.target().key}
    monkeypatch.setattr(llvmlite, "__version__", "0.0.1")
    keys.add(machine.target().key)
    monkeypatch.setattr(llvm, "llvm_version_info", (1, 2, 3))
    keys.add(machine.target().key)
    monkeypatch.setattr(llvm, "get_host_cpu_name", lambda: "another")
    keys.add(machine.target().key)
    assert len(keys) == 4


@pytest.mark.native
def test_the_translator_is_in_the_key(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from plait.engines.native import machine

    before = machine.target().key
    changed = tmp_path / "subset.py"
    changed.write_text(machine.TRANSLATORS[1].read_text(encoding="utf-8") + "# changed\n", encoding="utf-8")
    monkeypatch.setattr(machine, "TRANSLATORS", (machine.TRANSLATORS[0], changed))
    assert machine.target().key != before
