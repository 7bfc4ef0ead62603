"""Measures the interpreter: states a second on two-phase commit with six managers, searched whole.

The machine is rarely quiet, so the search is run several times and the median is what counts.  Counts are compared with
the published ones before anything is printed: a fast search that misses states is not fast.

    python bench/run.py [runs]
"""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path

from plait.engines import interpreter
from plait.limits import Limits
from plait_spec import load
from plait_spec.grounding import default_parameters, ground

MODELS = Path(__file__).parent.parent / "models" / "classic"
STATES, TRANSITIONS, DEPTH = 50_816, 402_305, 19


def measure() -> float:
    """States a second of one search, CPU time, symmetry off."""
    (model,) = load(MODELS / "two_phase.plait")
    whole = ground(model, {**default_parameters(model), "managers": 6})
    start = time.process_time()
    finding = interpreter.check(whole, None, Limits(), False, lambda _: None)
    seconds = time.process_time() - start
    if (finding.states, finding.transitions, finding.depth) != (STATES, TRANSITIONS, DEPTH):
        raise SystemExit(f"wrong counts: {finding.states} states, {finding.transitions} transitions")
    return finding.states / seconds


def main() -> None:
    """Print the median and the spread."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    rates = sorted(measure() for _ in range(runs))
    print(f"two-phase commit, 6 managers: {STATES:,} states, {TRANSITIONS:,} transitions")
    print(
        f"interpreter: median {statistics.median(rates):,.0f} states/s ({rates[0]:,.0f} to {rates[-1]:,.0f}, {runs} runs)"
    )


if __name__ == "__main__":
    main()
