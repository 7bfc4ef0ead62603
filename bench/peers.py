"""How each tool checks a case: the commands that build, the one that searches, and how to read what it prints.

A `Recipe` is data only; `measure` runs it.  The flags are the fastest exact ones of each tool on one thread: nothing
that may lose states (SPIN's -DHC4 and -DBITSTATE do, silently).
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.models import Case

HERE = Path(__file__).parent
ROOT = HERE.parent
ENGINES = ("interpreter", "native")  # of plait; the last that can be had is what the others are compared with

SPIN_BASE = ("-DSAFETY", "-DNOFAIR", "-DNOCLAIM", "-DNOBOUNDCHECK")
SPIN_CONFIGS = {
    "no reduction": ("-DSFH", "-DNOREDUCE"),
    "partial order": ("-DSFH",),
    "no reduction, plain hash": ("-DNOREDUCE",),
    "no reduction, collapsed": ("-DSFH", "-DNOREDUCE", "-DCOLLAPSE"),
    "partial order, collapsed": ("-DSFH", "-DCOLLAPSE"),
    "no reduction, breadth first": ("-DSFH", "-DNOREDUCE", "-DBFS"),
    "partial order, breadth first": ("-DSFH", "-DBFS"),
}
LEVELS = ("-O0", "-O2", "-O3")  # what a user of a generated checker may ask of the C compiler
BEST = "-O3"


@dataclass(frozen=True, slots=True)
class Reading:
    """What a search said of itself; None is what it did not say.  `seconds` are CPU seconds of the search alone."""

    states: int
    transitions: int
    depth: int | None = None
    seconds: float | None = None
    symmetry: bool = False


Command = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Recipe:
    """How one tool checks one case.

    `sources` are the files to put into an empty folder, by name; `build` and `search` run in it, `read` takes what the
    search printed and raises ValueError if that is no clean end.  Where it is not `counted`, nothing is searched.
    """

    tool: str
    config: str
    case: Case
    sources: tuple[tuple[str, str], ...]
    build: tuple[Command, ...]
    search: Command
    read: Callable[[str], Reading]
    symmetry: bool = False
    environment: tuple[tuple[str, str], ...] = ()
    counted: bool = True

    @property
    def name(self) -> str:
        """The tool and how it is used."""
        return f"{self.tool}, {self.config}" if self.config else self.tool


# ---- plait

INTO_A_FILE = '"$@" 2>progress || { cat progress; exit 2; }'


def plait(
    case: Case,
    engine: str,
    *,
    symmetry: bool = False,
    cache: Path | None = None,
    threads: int = 1,
    variant: tuple[str, ...] = (),
    progress: str = "off",
) -> Recipe:
    """One run of `plait check`.

    `cache` is a folder to keep compiled code in, instead of the user's; `variant` are options of `plait_cpu.py`;
    `progress` is plait's option, and what it writes goes into a file.
    """
    options = [part for name in case.properties for part in ("--property", name)]
    options += [part for name, value in case.parameters for part in ("--set", f"{name}={value}")]
    idle = "--idle" in variant
    return Recipe(
        "plait",
        engine,
        case,
        sources=(),
        build=(),
        search=(
            *(() if progress == "off" else ("sh", "-c", INTO_A_FILE, "plait")),
            sys.executable,
            *(str(HERE / "plait_cpu.py"), *variant),
            *("check", str(ROOT / case.folder / f"{case.file}.plait")),
            *("--proposal", case.protocol, *options, "--engine", engine, "--threads", str(threads)),
            *("--format", "json", "--progress", progress),
            *(() if symmetry else ("--no-symmetry",)),
        ),
        read=read_idle if idle else read_plait,
        symmetry=symmetry,
        environment=() if cache is None else (("XDG_CACHE_HOME", str(cache)),),
        counted=not idle,
    )


def read_idle(text: str) -> Reading:
    """The counts of a run that was to get ready and explore nothing."""
    if not text.lstrip().startswith("{") or json.loads(text)["problems"]:
        raise ValueError(text.strip() or "plait printed nothing")
    return Reading(states=0, transitions=0, seconds=0.0)


def read_plait(text: str) -> Reading:
    """Counts and seconds of a report in JSON of one run that was complete."""
    if not text.lstrip().startswith("{"):
        raise ValueError(text.strip() or "plait printed nothing")
    report = json.loads(text)
    if report["exit"] != 0 or len(report["runs"]) != 1 or not report["runs"][0]["complete"]:
        raise ValueError(f"plait ended with {report['exit']}: {report['problems']}")
    run = report["runs"][0]
    return Reading(
        run["states"], run["transitions"], run["depth"], run["seconds"]["search"], symmetry=run["symmetry"] != "off"
    )


# ---- SPIN


def spin(case: Case, config: str, level: str = BEST) -> Recipe:
    """A verifier in C by `spin -a`, compiled, and run."""
    defines = tuple(f"-D{name}={value}" for name, value in case.constants)
    flags = (level, "-march=native", *SPIN_BASE, *SPIN_CONFIGS[config])
    return Recipe(
        "SPIN",
        config,
        case,
        sources=(_source("spin", f"{case.file}.pml"),),
        build=(("spin", "-a", *defines, f"{case.file}.pml"), ("gcc", *flags, "-o", "pan", "pan.c")),
        search=("./pan", "-E", "-n", f"-w{case.table}", f"-m{case.stack}"),
        read=read_spin,
    )


def read_spin(text: str) -> Reading:
    """Counts of a run of pan, which counts the initial state as a transition and ends with 0 whatever it finds."""
    if not re.search(r"\berrors: 0$", text, re.MULTILINE) or "Search not completed" in text:
        raise ValueError(f"pan has met errors:\n{text}")
    return Reading(
        _number(r"^ *(\d+) states, stored", text), _number(r"^ *(\d+) transitions \(= stored\+matched\)", text) - 1
    )


# ---- Rumur


def rumur(case: Case, *, symmetry: bool = False, level: str = BEST) -> Recipe:
    """A verifier in C by `rumur`, compiled, and run."""
    name, text = _source("rumur", f"{case.file}.m")
    for constant, value in case.constants:
        text, found = re.subn(rf"^(  {constant}: )\d+;", rf"\g<1>{value};", text, flags=re.MULTILINE)
        if found != 1:
            raise ValueError(f"{name} does not declare the constant {constant}")
    reduction = "heuristic" if symmetry else "off"
    flags = ("--deadlock-detection", "off", "--pack-state", "off", "--scalarset-schedules", "off", "--threads", "1")
    return Recipe(
        "Rumur",
        "",
        case,
        sources=((name, text),),
        build=(
            ("rumur", *flags, "--symmetry-reduction", reduction, "--output", "model.c", name),
            ("gcc", level, "-march=native", "-o", "model", "model.c", "-lpthread", "-mcx16"),
        ),
        search=("./model",),
        read=read_rumur,
        symmetry=symmetry,
    )


def read_rumur(text: str) -> Reading:
    """Counts of a run of a verifier that found no error."""
    if "No error found." not in text:
        raise ValueError(f"the verifier has met errors:\n{text}")
    return Reading(
        _number(r"^\s*(\d+) states, \d+ rules fired", text), _number(r"^\s*\d+ states, (\d+) rules fired", text)
    )


# ---- TLC


def tlc(case: Case, jar: str) -> Recipe:
    """One run of TLC on one worker."""
    name, text = _source("tla", f"{case.file}.cfg")
    for constant, value in case.constants:
        text, found = re.subn(rf"^(  {constant} = )\d+$", rf"\g<1>{value}", text, flags=re.MULTILINE)
        if found != 1:
            raise ValueError(f"{name} does not give the constant {constant}")
    options = ("-workers", "1", "-checkpoint", "0", "-nowarning", "-deadlock", "-metadir", "states")
    return Recipe(
        "TLC",
        "",
        case,
        sources=((name, text), _source("tla", f"{case.file}.tla")),
        build=(),
        search=("java", "-XX:+UseSerialGC", "-cp", jar, "tlc2.TLC", *options, case.file),
        read=read_tlc,
    )


def read_tlc(text: str) -> Reading:
    """Counts of a run of TLC, which counts the initial state as a transition and as a level."""
    if "Model checking completed. No error has been found." not in text:
        raise ValueError(f"TLC has met errors:\n{text}")
    return Reading(
        _number(r"(\d+) distinct states found, 0 states left", text),
        _number(r"^(\d+) states generated, \d+ distinct states found", text) - 1,
        _number(r"^The depth of the complete state graph search is (\d+)\.", text) - 1,
    )


# ---- what is there


def missing(tool: str) -> str | None:
    """Why this tool cannot be measured here, or None."""
    needed = {"SPIN": ("spin", "gcc"), "Rumur": ("rumur", "gcc"), "TLC": ("java",)}[tool]
    absent = [program for program in needed if shutil.which(program) is None]
    if absent:
        return f"there is no {' and no '.join(absent)} on the path"
    if tool == "TLC" and not Path(os.environ.get("TLA2TOOLS_JAR", "")).is_file():
        return "TLA2TOOLS_JAR names no jar"
    return None


def versions() -> dict[str, str]:
    """What the programs say of their versions, of those that are there."""
    asked = {"SPIN": ("spin", "-V"), "Rumur": ("rumur", "--version"), "gcc": ("gcc", "-dumpfullversion")}
    found = {"Python": sys.version.split()[0]}
    for tool, command in asked.items():
        if shutil.which(command[0]) is not None:
            said = subprocess.run(command, capture_output=True, text=True, check=False).stdout
            number = re.search(r"\d+(\.\d+)+", said)
            found[tool] = number.group() if number else "unknown"
    return found


def _source(tool: str, name: str) -> tuple[str, str]:
    return name, (HERE / "peer_models" / tool / name).read_text(encoding="utf-8")


def _number(pattern: str, text: str) -> int:
    found = re.search(pattern, text, re.MULTILINE)
    if found is None:
        raise ValueError(f"nothing like {pattern!r} in:\n{text}")
    return int(found.group(1))
