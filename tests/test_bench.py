"""The benchmark's own parts: what it reads of other tools' output, and its counts; nothing is timed here."""

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from bench.measure import Sample, Usage, WrongCountsError, check_counts, in_turn, ratios, rounds, spread
from bench.models import ALONE, CASES, LARGE, SMALL, STORED, THREADED, TOY, WIDE, Case
from bench.peers import (
    HERE,
    ROOT,
    SPIN_CONFIGS,
    Reading,
    plait,
    read_plait,
    read_rumur,
    read_spin,
    read_tlc,
    rumur,
    spin,
    tlc,
)
from bench.report import Results, page
from plait.engines.interpreter import check
from plait.engines.native.layout import layout_of
from plait.reports.json import render
from plait.session import Job, check as run
from plait.tools import Installed
from plait_spec import load
from plait_spec.grounding import default_parameters, ground

PAN = """
(Spin Version 6.5.2 -- 6 December 2019)

Full statespace search for:
 never claim          - (not selected)
 assertion violations +
 cycle checks        - (disabled by -DSAFETY)
 invalid end states - (disabled by -E flag)

State-vector 28 byte, depth reached 39818, errors: 0
   264582 states, stored
   614849 states, matched
   879431 transitions (= stored+matched)
        0 atomic steps
hash conflicts:    109663 (resolved)

pan: elapsed time 0.19 seconds
"""

RUMUR = """Memory usage:

    * The size of each state is 88 bits (rounded up to 11 bytes).

Progress Report:

     10000 states explored in 0s, with 30022 rules fired and 1233 states in the queue.

==========================================================================

Status:

    No error found.

State Space Explored:

    264582 states, 879430 rules fired in 1s.
"""

TLC = """Finished computing initial states: 1 distinct state generated at 2026-01-01 00:00:00.
Model checking completed. No error has been found.
  Estimates of the probability that TLC did not check all reachable states
  because two distinct states had the same fingerprint:
  calculated (optimistic):  val = 8.8E-9
879431 states generated, 264582 distinct states found, 0 states left on queue.
The depth of the complete state graph search is 49.
Finished in 06s at (2026-01-01 00:00:06)
"""

LOCK = next(case for case in LARGE if case.key == "A5")
each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.key)


def test_what_pan_prints() -> None:
    assert read_spin(PAN) == Reading(264_582, 879_430)


def test_what_a_verifier_of_rumur_prints() -> None:
    assert read_rumur(RUMUR) == Reading(264_582, 879_430)


def test_what_tlc_prints() -> None:
    assert read_tlc(TLC) == Reading(264_582, 879_430, 48)


@pytest.mark.parametrize(
    ("read", "text"),
    [
        pytest.param(read_spin, PAN.replace("errors: 0", "errors: 1"), id="pan, an error"),
        pytest.param(read_spin, "Warning: Search not completed\n" + PAN, id="pan, not completed"),
        pytest.param(read_spin, PAN.replace("states, stored", ""), id="pan, no counts"),
        pytest.param(read_rumur, RUMUR.replace("No error found.", "1 error(s) found."), id="rumur, an error"),
        pytest.param(read_tlc, TLC.replace("No error has been found.", ""), id="tlc, an error"),
        pytest.param(read_tlc, TLC.replace("0 states left", "7 states left"), id="tlc, not completed"),
        pytest.param(read_plait, "error: there is no such engine", id="plait, refused"),
    ],
)
def test_a_search_that_is_no_clean_end_is_not_read(read: Callable[[str], Reading], text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read(text)


def test_a_report_of_plait_is_read() -> None:
    job = Job((str(ROOT / TOY.folder / "counter.plait"),), properties=("Forward",), symmetry=False)
    reading = read_plait(render(run(job, Installed())))
    check_counts(plait(TOY, "interpreter"), reading)
    assert reading.seconds is not None
    assert not reading.symmetry


def test_other_counts_end_the_benchmark() -> None:
    recipe = spin(LOCK, next(iter(SPIN_CONFIGS)))
    check_counts(recipe, read_spin(PAN))
    check_counts(recipe, Reading(264_582, 879_430, 48))
    for wrong in (Reading(264_581, 879_430), Reading(264_582, 879_431), Reading(264_582, 879_430, 47)):
        with pytest.raises(WrongCountsError):
            check_counts(recipe, wrong)
    with pytest.raises(WrongCountsError):
        check_counts(replace(recipe, symmetry=True), read_spin(PAN))


@pytest.mark.parametrize("case", [TOY, *SMALL], ids=lambda case: case.key)
def test_the_counts_are_the_models(case: Case) -> None:
    model = load(ROOT / case.folder / f"{case.file}.plait")[0]
    finding = check(ground(model, dict(case.parameters)), case.properties, symmetry=False)
    assert (finding.states, finding.transitions, finding.depth) == (case.states, case.transitions, case.depth)


@each_case
def test_the_names_are_the_models(case: Case) -> None:
    model = load(ROOT / case.folder / f"{case.file}.plait")[0]
    assert model.protocol == case.protocol
    assert set(case.properties) <= {found.name for found in model.properties}
    assert set(default_parameters(model)) == {name for name, _ in case.parameters}


@each_case
def test_every_tool_has_every_model_and_its_constants(case: Case) -> None:
    for name, value in case.constants:
        ((_, text),) = rumur(case).sources
        assert re.search(rf"^  {name}: {value};$", text, re.MULTILINE)
        assert f"  {name} = {value}\n" in dict(tlc(case, "jar").sources)[f"{case.file}.cfg"]
        assert f"#ifndef {name}\n" in (HERE / "peer_models" / "spin" / f"{case.file}.pml").read_text(encoding="utf-8")
        assert f"-D{name}={value}" in spin(case, next(iter(SPIN_CONFIGS))).build[0]


def test_no_configuration_of_spin_loses_states() -> None:
    assert not {"-DHC4", "-DHC", "-DBITSTATE", "-DMA"} & {flag for flags in SPIN_CONFIGS.values() for flag in flags}


def test_a_row_of_numbers() -> None:
    assert spread([3.0, 1.0, 2.0]).median == 2
    assert (spread([3.0, 1.0, 2.0]).low, spread([3.0, 1.0, 2.0]).high) == (1, 3)
    assert (spread([5.0, 1.0, 2.0, 3.0, 4.0]).low, spread([5.0, 1.0, 2.0, 3.0, 4.0]).high) == (2, 4)
    assert ratios([4.0, 9.0, 8.0], [2.0, 3.0]).runs == 2
    assert (rounds(0.1), rounds(5), rounds(60)) == (15, 5, 3)


def sample(seconds: float, peak: int = 2**20) -> Sample:
    usage = Usage(seconds, seconds, peak)
    return Sample(seconds, usage, usage)


def test_subjects_run_in_turn_and_the_slow_drop_out() -> None:
    order: list[str] = []

    def runs(name: str, seconds: float) -> Sample:
        order.append(name)
        return sample(seconds)

    found = in_turn({"fast": lambda: runs("fast", 0.1), "slow": lambda: runs("slow", 20)}, 5, lambda one: one.search)
    assert order == ["fast", "slow"] * 3 + ["fast"] * 2
    assert [len(row) for row in found.values()] == [5, 3]


def test_the_page_gives_ratios_to_the_reference() -> None:
    results = Results("plait native", "A machine.", {"SPIN": "6.5.2"}, ["TLC: not measured"])
    results.toy = {"plait native": [sample(0.1)], "SPIN": [sample(0.1)]}
    results.search[LOCK] = {"plait native": [sample(0.5)], "SPIN": [sample(2.0, 2**21)]}
    results.best[LOCK] = "no reduction"
    results.configs[LOCK] = {"no reduction": [sample(2.0)]}
    results.whole[LOCK] = {"plait native, first time": [sample(1.0)], "SPIN, gcc -O3": [sample(30.0)]}
    text = page(results)
    assert "| A5 | SPIN (no reduction) | 2.00 [2.00–2.00] | 132 k | 440 k | **4.00** [4.00–4.00] | 1 |" in text
    assert "| A5 | SPIN, gcc -O3 | 30.00 [30.00–30.00] | 30.00 [30.00–30.00] | **30** [30–30] | 1 |" in text
    assert "| A5 | 1 MB (0 B) | 2 MB (4 B) |" in text
    assert "* TLC: not measured" in text


# ---- what only plait is measured on


def test_dials_are_counted_by_hand() -> None:
    """Three faces on each of two dials: nine states; a dial turns in six of them; four turns to the end."""
    case = next(case for case in STORED if case.parameters == (("dials", 5), ("faces", 16)))
    assert (case.states, case.transitions, case.depth) == (1_048_576, 5 * 15 * 65_536, 75)
    model, *_ = load(ROOT / case.folder / "dials.plait")
    found = check(ground(model, {"dials": 2, "faces": 3}), ("Within",), symmetry=False)
    assert (found.states, found.transitions, found.depth) == (9, 2 * 2 * 3, 4)


@pytest.mark.parametrize("case", ALONE, ids=lambda case: case.key)
def test_the_models_of_plait_alone_have_these_parameters_and_properties(case: Case) -> None:
    models = load(ROOT / case.folder / f"{case.file}.plait")
    model = next(found for found in models if case.protocol in (found.proposal, found.protocol))
    assert {name for name, _ in case.parameters} <= {found.name for found in model.parameters}
    assert set(case.properties) <= {found.name for found in model.properties}


def test_dials_have_the_words_that_they_say() -> None:
    for case in STORED:
        model, *_ = load(ROOT / case.folder / "dials.plait")
        words = layout_of(ground(model, dict(case.parameters))).words
        assert case.title.endswith(f": {words} word" + "s" * (words > 1))


def test_a_table_of_threads_and_one_of_memory() -> None:
    results = Results("plait native", "A machine.", {}, [])
    results.threads[THREADED[0]] = {"1": [sample(3.0)], "2": [sample(2.0)]}
    states = WIDE.states
    rows = {"plait": 44 * states, "idle": 4 * states, "whole": 104 * states}
    results.stored[WIDE] = {name: [sample(1.5 if name == "plait" else 1.0, peak)] for name, peak in rows.items()}
    text = page(results)
    assert "| B8 | 1,745,408 | 3.00 [3.00–3.00] | 2.00 [2.00–2.00] | **1.50** [1.50–1.50] | 1 |" in text
    assert "| **40.0** | 100.0 | **1.50** |" in text


def test_a_table_of_progress() -> None:
    results = Results("plait native", "A machine.", {}, [])
    seconds = {"off": (2.0, 1.0, 4.0), "plain": (2.02, 1.03, 4.0), "live": (2.1, 1.1, 4.2)}
    results.progress[THREADED[0]] = {mode: list(map(sample, row)) for mode, row in seconds.items()}
    told = "2.00 [1.00–4.00] | **1.010** [1.000–1.030] | **1.050** [1.050–1.100] | 3 |"
    assert f"| B8 | 1,745,408 | {told}" in page(results)


def test_what_is_said_of_progress_is_not_read() -> None:
    quiet, loud = plait(TOY, "native"), plait(TOY, "native", progress="plain")
    shell, _, into, _, *rest = loud.search
    assert (shell, "2>progress" in into) == ("sh", True)
    assert tuple(rest) == tuple("plain" if part == "off" else part for part in quiet.search)


def test_slow_subjects_run_as_often_where_that_is_wanted() -> None:
    found = in_turn({"slow": lambda: sample(20)}, 5, lambda one: 0.0)
    assert len(found["slow"]) == 5


def test_an_idle_run_explores_nothing() -> None:
    recipe = plait(TOY, "native", variant=("--idle",))
    assert not recipe.counted
    assert recipe.read('{"problems": []}').states == 0
    with pytest.raises(ValueError, match="no such file"):
        recipe.read("no such file")
