"""Lines of progress: what they say and how often."""

import io
import sys

import pytest

from plait.limits import Progress
from plait.progress import Watcher, line


def at(seconds: float, states: int, *, growing: bool = True) -> Progress:
    return Progress(14, states, 22_117, growing, seconds)


def test_a_line() -> None:
    text = line("Toy", at(18, 412_301, growing=False), at(8, 212_301), 1_100_000_000)
    assert text == "Toy: depth 14  412,301 states (20k/s)  queue 22,117 shrinking  memory 1.1 GB  18 s"


def test_the_first_line_has_the_rate_since_the_start() -> None:
    assert line("Toy", at(10, 50), None, None) == "Toy: depth 14  50 states (5/s)  queue 22,117 growing  10 s"
    assert "(2.5M/s)" in line("Toy", at(10, 25_000_000), None, 52_000_000)
    assert "(0/s)" in line("Toy", at(0, 1), None, None)


def test_plain_lines_every_ten_seconds() -> None:
    lines: list[str] = []
    watch = Watcher("auto", lines.append, terminal=False).watch("Toy")
    assert watch is not None
    for second in range(35):
        watch(at(second, 100 * second))
    assert [text.split()[-2] for text in lines] == ["10", "20", "30"]


def test_off() -> None:
    assert Watcher("off", print, terminal=True).watch("Toy") is None


class Terminal(io.StringIO):
    """What a terminal shows of one line, with a cursor that goes back to its start."""

    def line(self) -> str:
        cells: list[str] = []
        at = 0
        for sign in self.getvalue():
            if sign == "\r":
                at = 0
                continue
            cells[at : at + 1] = sign
            at += 1
        assert "\n" not in cells
        return "".join(cells).rstrip()


def a_terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """What is written to stderr from now on."""
    shown = Terminal()
    monkeypatch.setattr(sys, "stderr", shown)
    return shown


def test_a_live_line_is_written_over_and_taken_away(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = a_terminal(monkeypatch)
    monkeypatch.setattr("plait.progress.resident", lambda: None)
    watcher = Watcher("auto", print, terminal=True)
    watch = watcher.watch("Toy")
    assert watch is not None
    watch(at(0.1, 1))
    assert not terminal.getvalue()
    watch(at(1, 1_234_567))
    assert terminal.line() == "Toy: depth 14  1,234,567 states (1.2M/s)  queue 22,117 growing  1 s"
    watch(at(1.05, 1_234_568))
    watch(at(2, 1_234_568))
    assert terminal.line() == "Toy: depth 14  1,234,568 states (1/s)  queue 22,117 growing  2 s"
    watcher.stop()
    assert terminal.line() == ""
    written = terminal.getvalue()
    watcher.stop()
    assert terminal.getvalue() == written


def test_a_live_line_stays_one(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = a_terminal(monkeypatch)
    monkeypatch.setattr("plait.progress._width", lambda: 30)
    watch = Watcher("auto", print, terminal=True).watch("A rather long name of a protocol")
    assert watch is not None
    watch(at(1, 1))
    assert terminal.line() == "A rather long name of a prot~"
    monkeypatch.setattr("plait.progress._width", lambda: 10)
    before = len(terminal.getvalue())
    watch(at(2, 1))
    assert terminal.getvalue()[before:] == "\rA rather~"


def test_an_engine_without_states_says_what_it_does() -> None:
    now = Progress(14, 0, 0, growing=False, seconds=18.2, doing="looking for an invariant")
    assert line("Reconcile", now, None, 10**9) == "Reconcile: depth 14  looking for an invariant  18 s"
