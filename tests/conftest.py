"""Shared fixtures: golden texts under one flag, the Hypothesis profiles, and certificates for whatever z3 proves."""

import difflib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from plait.engines.symbolic import engine
from plait_spec.ground import Ground
from tests.confirmed import confirm

GOLDEN = Path(__file__).parent / "golden"

Golden = Callable[[str, str], None]

# `ci` gives the same examples on every machine: a red build is red for everybody.
settings.register_profile("ci", derandomize=True, deadline=None, print_blob=True)
settings.register_profile(
    "soak", max_examples=5_000, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="rewrite tests/golden from what the code prints now")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    """`golden(name, text)`: the text is what tests/golden/NAME holds."""
    update = bool(request.config.getoption("--update-golden"))

    def compare(name: str, text: str) -> None:
        path = GOLDEN / name
        if update:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
            return
        if not path.exists():
            pytest.fail(f"there is no golden text {name}: `make golden` writes it", pytrace=False)
        expected = path.read_bytes().decode("utf-8")
        if text != expected:
            diff = "".join(
                line if line.endswith("\n") else f"{line}\n\\ no end of line\n"
                for line in difflib.unified_diff(
                    expected.splitlines(keepends=True), text.splitlines(keepends=True), f"golden/{name}", "now"
                )
            )
            pytest.fail(f"golden text {name} differs (`make golden` accepts it):\n{diff}", pytrace=False)

    return compare


@pytest.fixture(scope="session", autouse=True)
def _evidence() -> Iterator[None]:
    """Whatever the symbolic engine says that holds, in any test, a fresh process confirms from its certificate."""
    search = engine.search

    def searched(ground: Ground, *rest: Any, **options: Any) -> engine.Proof:
        proof = search(ground, *rest, **options)
        confirm(ground, proof)
        return proof

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "search", searched)
        yield
