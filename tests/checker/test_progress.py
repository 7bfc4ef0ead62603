"""Lines of progress: what they say and how often."""

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


def test_a_live_line_is_taken_away() -> None:
    watcher = Watcher("auto", print, terminal=True)
    watch = watcher.watch("Toy")
    assert watch is not None
    watch(at(0.1, 1))
    watch(at(1, 1))
    watch(at(2, 2))
    watcher.stop()
    watcher.stop()


def test_an_engine_without_states_says_what_it_does() -> None:
    now = Progress(14, 0, 0, growing=False, seconds=18.2, doing="looking for an invariant")
    assert line("Reconcile", now, None, 10**9) == "Reconcile: depth 14  looking for an invariant  18 s"
