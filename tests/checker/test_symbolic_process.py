"""The process with the solver may be missing, die, run out of time or memory at any moment: what is said then.

And mistakes put into the encoding, which must be noticed before anybody sees a verdict.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from plait.engines.symbolic import encode_step, process
from plait.engines.symbolic.engine import check
from plait.errors import EngineBug
from plait.limits import Limits, Progress
from plait.verdict import Finding
from plait_spec import load
from plait_spec.ground import Ground
from plait_spec.grounding import default_parameters, ground
from tests.checker.test_symbolic_encode import compare

pytestmark = pytest.mark.symbolic

CLASSIC = Path(__file__).parent.parent.parent / "models" / "classic"
START = "import plait.engines.symbolic.worker as worker\n"


def model(name: str, protocol: str, **parameters: int) -> Ground:
    """A model of the repository."""
    found = next(one for one in load(CLASSIC / f"{name}.plait") if (one.proposal or one.protocol) == protocol)
    return ground(found, default_parameters(found) | parameters)


@pytest.fixture
def majority() -> Ground:
    """Two properties fail, one is proved, two are reached."""
    return model("two_phase", "Majority")


def worker(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """Another program in place of the worker's."""
    monkeypatch.setattr(process, "COMMAND", (sys.executable, "-P", "-c", text))


def words(finding: Finding) -> dict[str, str]:
    return {decision.property: decision.word for decision in finding.decisions}


def undetermined(finding: Finding) -> str:
    """The one reason why nothing is known."""
    assert set(words(finding).values()) == {"undetermined"}
    assert not finding.complete
    assert finding.unfired is None
    (reason,) = {decision.how for decision in finding.decisions}
    assert finding.stopped == reason
    return reason


def test_killed_before_it_says_anything(majority: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    worker(monkeypatch, "import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    assert undetermined(check(majority)) == "the solver process died: Killed"


def test_ends_without_a_word(majority: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    worker(monkeypatch, "raise SystemExit(3)")
    assert undetermined(check(majority)) == "the solver process ended with code 3"


def test_does_not_start(majority: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "COMMAND", ("/nowhere/python",))
    assert undetermined(check(majority)) == "the solver process does not start: No such file or directory"


@pytest.mark.parametrize("count", [1, 5, 12, 20, 30])
def test_killed_on_the_way(majority: Ground, monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    """Whatever was found stays; the rest is undetermined, and says why."""
    text = f"""
import os, signal, pickle
from plait.engines.symbolic import serve
real, told = pickle.dumps, []
def dumps(event):
    told.append(event)
    if len(told) > {count}:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(event)
serve.pickle.dumps = dumps
worker.main()
"""
    worker(monkeypatch, START + text)
    complete = {"Agreement": "fails", "OnlyIfAll": "fails", "Final": "holds", "Commits": "holds", "Aborts": "holds"}
    found = check(majority)
    for decision in found.decisions:
        if decision.word == "undetermined":
            assert decision.how.startswith("the solver process died: Killed")
        else:
            assert decision.word == complete[decision.property]
    assert "undetermined" in words(found).values()
    assert not found.complete


def test_without_z3(majority: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    worker(monkeypatch, "import sys; sys.modules['z3'] = None\n" + START + "worker.main()")
    assert undetermined(check(majority)).startswith("z3 does not load: ")


def test_a_fault_of_ours_is_no_verdict(majority: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    worker(monkeypatch, START + "worker.search = lambda *_: 1 / 0\nworker.main()")
    with pytest.raises(EngineBug, match="ZeroDivisionError"):
        check(majority)


def test_out_of_time(majority: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    worker(monkeypatch, "import time; time.sleep(60)")
    assert undetermined(check(majority, limits=Limits(timeout=0.3))) == "limit of 0.3 seconds"


def test_out_of_memory(majority: Ground) -> None:
    """So little that Python itself hardly starts."""
    assert undetermined(check(majority, limits=Limits(memory=60_000_000))) == "limit of 60 MB of memory"


def test_a_signal_is_told_as_what_it_is(majority: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """Too little memory may be why it crashes; nobody knows."""
    worker(monkeypatch, "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)")
    said = undetermined(check(majority, limits=Limits(memory=600_000_000)))
    assert (
        said
        == "the solver process died: Segmentation fault; it may have needed more than the limit of 600 MB of memory"
    )


def test_a_fault_of_ours_is_no_lack_of_memory(majority: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    fault = "def search(*_): raise ValueError('memory is not in the model')\n"
    worker(monkeypatch, f"{START}{fault}worker.search = search\nworker.main()")
    with pytest.raises(EngineBug, match="memory is not in the model"):
        check(majority, limits=Limits(memory=600_000_000))


def test_interrupted(majority: Ground) -> None:
    def watch(progress: Progress) -> None:
        raise KeyboardInterrupt

    assert undetermined(check(majority, watch=watch)) == "interrupted"


def test_the_process_ends_with_its_caller(majority: Ground, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    worker(monkeypatch, f"import os, time; open({str(pid)!r}, 'w').write(str(os.getpid())); time.sleep(60)")
    check(majority, limits=Limits(timeout=1.0))
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text(encoding="ascii")), 0)


def test_no_deeper_than_asked() -> None:
    """Nothing is said of longer runs but what is proved."""
    found = check(model("two_phase", "Majority"), limits=Limits(depth=5))
    assert words(found)["OnlyIfAll"] == "fails"
    agreement = next(decision for decision in found.decisions if decision.property == "Agreement")
    assert agreement.word == "undetermined"
    assert agreement.how.startswith("no counterexample within 6 steps")


def test_progress_is_told(majority: Ground) -> None:
    seen: list[Progress] = []
    check(majority, watch=seen.append)
    depths = [progress.depth for progress in seen]
    assert depths == sorted(depths)
    assert depths


def test_the_engine_itself_needs_no_z3() -> None:
    text = "import sys, plait.engines.symbolic.engine; raise SystemExit('z3' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", text], check=False).returncode == 0


def test_answers_are_the_same_every_time(majority: Ground) -> None:
    one, other = check(majority), check(majority)
    assert (one.decisions, one.unfired, one.depth) == (other.decisions, other.unfired, other.depth)


# ---- mistakes in the encoding


def noticed(whole: Ground) -> bool:
    try:
        compare(whole)
    except (AssertionError, EngineBug):
        return True
    return False


@pytest.mark.parametrize(
    ("name", "mistake"),
    [
        ("room", lambda content, about, when, messages: (when, False)),
        ("with_message", lambda content, about, adding, messages: content),
        ("joined", lambda condition, yes, no: yes),
    ],
)
def test_mistakes_are_seen_by_the_reference(name: str, mistake: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the encoding does to queues and at `if`s, done wrong."""
    whole = [
        model("lock_server", "LockServer"),
        model("alternating_bit", "Overtaking"),
        model("filter_lock", "FilterLock"),
    ]
    monkeypatch.setattr(encode_step, name, mistake)
    assert any(map(noticed, whole))


def test_a_run_that_is_none_is_noticed(majority: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """Guards are dropped where the solver is: its runs do not exist."""
    text = """
from dataclasses import replace
import plait.engines.symbolic.encode as encode
import plait.engines.symbolic.encode_step as step
real = step._step
step._step = lambda *given: replace(real(*given), guard=True)
worker.main()
"""
    worker(monkeypatch, START + text)
    with pytest.raises(EngineBug, match="under the reference semantics"):
        check(majority)
