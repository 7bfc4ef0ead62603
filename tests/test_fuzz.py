"""Any text at all gives diagnostics or models, soon, in bounded memory; so do hostile files and arguments.

What is merely odd is tried in this process.  What is meant to hurt runs in a process of its own, with limits on its
time and memory: whether it was refused is read from how it ends.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings, strategies as st

from plait.engines import interpreter
from plait.errors import JobError
from plait.limits import Limits
from plait.parameters import parse_wish
from plait_spec.core import Model
from plait_spec.diagnostics import Sink, SpecError, printable, render
from plait_spec.grounding import default_parameters, ground
from plait_spec.lower import lower
from plait_spec.parse import decode, parse
from plait_spec.project import load_text
from plait_spec.proposals import flatten
from plait_spec.source import Source
from tests.strategies import models, mutations, seeded_model, token_soup

ROOT = Path(__file__).parent.parent
SOAK = os.environ.get("HYPOTHESIS_PROFILE") == "soak"
GOOD = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "models").rglob("*.plait"))]
GOOD += [seeded_model(seed) for seed in range(40)]
GIBIBYTE = 2**30


def swallow(text: str) -> tuple[str, ...]:
    """The codes of what is wrong with a text; anything but a diagnostic is an error of the test."""
    sink = Sink()
    try:
        lowered = [lower(flat, sink) for flat in flatten(load_text(Source("fuzz.plait", text)), sink)]
        sink.raise_if_any()
        for model in lowered:
            if model is not None:
                search(model)
    except SpecError as error:
        found = error.diagnostics
    else:
        return ()
    assert found
    for diagnostic in found:
        lines = render(diagnostic).split("\n")
        assert lines == [printable(line) for line in lines], "what is printed can be seen"
        assert 0 <= diagnostic.span.start <= diagnostic.span.end <= len(diagnostic.span.source.text)
    return tuple(diagnostic.code.id for diagnostic in found)


def search(model: Model) -> None:
    """A look at the first states; a job that is too large is refused."""
    finite = ground(model, default_parameters(model))
    with suppress(JobError):
        interpreter.check(finite, None, Limits(states=30, timeout=5))


def examples(few: int, many: int) -> settings:
    return settings(max_examples=many if SOAK else few, suppress_health_check=[HealthCheck.too_slow])


@given(mutations(GOOD))
@examples(400, 20_000)
def test_models_with_mistakes(text: str) -> None:
    swallow(text)


@given(models().flatmap(lambda text: mutations([text])))
@examples(60, 5_000)
def test_random_models_with_mistakes(text: str) -> None:
    swallow(text)


@given(token_soup())
@examples(300, 20_000)
def test_words_in_any_order(text: str) -> None:
    swallow(text)
    swallow(f"protocol P\n{text}")


@given(st.text(max_size=200))
@example("\ufeffprotocol P")
@example("protocol P\0")
@example("protocol P\r\nvar x: bool = true\r\n")
@example("/// doc")
@example('import "')
@examples(300, 20_000)
def test_any_text(text: str) -> None:
    swallow(text)


@given(st.binary(max_size=100))
@examples(200, 5_000)
def test_any_bytes(data: bytes) -> None:
    with suppress(SpecError):
        parse(decode("fuzz.plait", data))


@given(st.text(max_size=40) | st.from_regex(r"\w+ ?= ?-?\w+(\.\.-?\w+)?"))
@example("n=1..")
@example("n=1..2..3")
@example("=")
@example("n=٣")
@example(f"n={'9' * 5_000}")
@examples(300, 5_000)
def test_any_setting(text: str) -> None:
    with suppress(JobError):
        assert parse_wish(text).name.isidentifier()


# ---- hostile files, each in a process with limits


def limited() -> None:
    """Two gibibytes of address space, and twenty seconds of a processor."""
    resource.setrlimit(resource.RLIMIT_AS, (2 * GIBIBYTE, 2 * GIBIBYTE))
    resource.setrlimit(resource.RLIMIT_CPU, (20, 20))


def plait(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[bytes]:
    """Run `plait` within limits; the clock on the wall only ends what waits for ever."""
    command = [sys.executable, "-m", "plait", *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, timeout=120, preexec_fn=limited, check=False)


def refused(ended: subprocess.CompletedProcess[bytes], code: str | None) -> None:
    """The text was found wrong, with this code; nothing else happened."""
    said = ended.stdout.decode() + ended.stderr.decode()
    assert ended.returncode == 2, said[-2_000:]
    assert "Traceback" not in said
    assert "internal error" not in said
    assert len(said) < 100_000
    assert said.isprintable() or all(line.isprintable() for line in said.splitlines())
    if code is not None:
        assert code in said, said[-2_000:]


def claim(text: str) -> str:
    """A protocol whose only claim is this."""
    return f"protocol P\nvar b: bool = false\naction a() {{ b = true }}\nalways C: {text}\n"


DEEP = 10_000
HOSTILE: dict[str, tuple[str, str | None]] = {
    "parentheses": (claim("(" * DEEP + "b" + ")" * DEEP), "P014"),
    "open parentheses": (claim("(" * DEEP), None),
    "braces": (claim("{" * DEEP + "b" + "}" * DEEP), None),
    "brackets": (claim("[" * DEEP + "b" + "]" * DEEP), None),
    "closing": (claim(")" * DEEP), "P007"),
    "indexes": (claim("b" + "[b" * DEEP + "]" * DEEP), "P014"),
    "calls": (claim("f(" * DEEP + ")" * DEEP), "P014"),
    "members": (claim("b" + ".b" * DEEP), "P014"),
    "not": (claim("not " * DEEP + "b"), "P014"),
    "minus": (claim("0 < " + "- " * DEEP + "1"), "P014"),
    "and": (claim("b" + " and b" * DEEP), "P014"),
    "implies": (claim("b" + " implies b" * DEEP), "P014"),
    "plus": (claim("0 < 1" + " + 1" * DEEP), "P014"),
    "once": (claim("once " * DEEP + "b"), "P014"),
    "since": (claim("(" * DEEP + "b" + " since b)" * DEEP), "P014"),
    "if": (claim("if b then b else " * DEEP + "b"), "P014"),
    "quantifiers": (claim("all x: bool. " * DEEP + "b"), "P014"),
    "next": (claim("next(" * DEEP + "b" + ")" * DEEP), "P014"),
    "blocks": ("protocol P\naction a() {" + " if true {" * DEEP + "}" * DEEP + "}\n", "P014"),
    "else if": ("protocol P\naction a() { if true { } " + "else if true { } " * DEEP + "}\n", "P014"),
    "for": ("protocol P\naction a() {" + " for x: bool {" * DEEP + "}" * DEEP + "}\n", "P014"),
    "choose": ("protocol P\naction a() {" + " choose x: bool" * DEEP + "}\n", None),
    "sets": ("protocol P\nvar s: " + "set<" * DEEP + "bool" + ">" * DEEP + " = {}\n", "P014"),
    "some sets": ("protocol P\nvar s: " + "set<" * 8 + "bool" + ">" * 8 + " = {}\naction a() { s = {} }\n", None),
    "maps": ("protocol P\nvar s: " + "bool -> " * DEEP + "bool = true\n", "P014"),
    "map of maps": (
        "protocol P\nvar s: 0..99 -> 0..99 -> 0..99 -> 0..99 -> bool = true\n"
        "action a() { s[0][0][0][0] = false }\n",
        None,
    ),
    "range": (
        f"protocol P\nvar n: 0..{10**30} = 0\nvar m: 0..{10**30} -> bool = true\naction a() {{ n = 1 }}\n",
        None,
    ),
    "range as key": ("protocol P\nvar m: 0..1000000000 -> bool = true\naction a() { m[0] = false }\n", None),
    "range as argument": ("protocol P\nvar b: bool = true\naction a(x: 0..1000000000) { b = false }\n", None),
    "range in a claim": (claim("all x: 0..1000000000. b"), None),
    "two ranges in a claim": (claim("all x: 0..99999, y: 0..99999. b"), None),
    "loop": ("protocol P\nvar b: bool = true\naction a() { for x: 0..999999999 { b = false } }\n", None),
    "long sequence": ("protocol P\nvar s: seq<bool, 1000000000> = []\nvar t: set<seq<bool, 99>> = {}\n"
                      "action a() { t = {s} }\n", None),
    "identities": ("protocol P\nids A[1000000000]\nvar m: A -> bool = true\naction a(x: A) { m[x] = false }\n", None),
    "orders": (
        "protocol P\nids A[200]\nvar m: A? = none\naction a() { unordered for x: A { m = x } }\nalways C: true\n",
        None,
    ),
    "big number": (claim(f"0 < {'9' * 100_000}"), "P013"),
    "power": (
        "protocol P(n: 0..9 = 9)\nvar x: 0.." + " * ".join(["999999999"] * 150) + " = 0\naction a() { x = 1 }\n",
        None,
    ),
    "defs": (
        "protocol P\nvar b: bool = false\ndef d0(): bool = b\n"
        + "".join(f"def d{i}(): bool = d{i - 1}() and d{i - 1}()\n" for i in range(1, 60))
        + "action a() when d59() { b = true }\n",
        "P303",
    ),
    "bodies": (
        "protocol P\nvar b: bool = false\ndef d0() { b = true }\n"
        + "".join(f"def d{i}() {{ d{i - 1}() d{i - 1}() }}\n" for i in range(1, 60))
        + "action a() { d59() }\n",
        "P303",
    ),
    "arguments": (
        "protocol P\nvar b: bool = false\ndef d0(x: bool): bool = x and x\n"
        + "".join(f"def d{i}(x: bool): bool = d{i - 1}(x and x)\n" for i in range(1, 150))
        + "action a() when d149(b) { b = true }\n",
        None,
    ),
    "recursion": ("protocol P\ndef f(): bool = g()\ndef g(): bool = f()\nalways C: f()\n", "P302"),
    "types": ("protocol P\ntype A = B\ntype B = A\nvar a: A = 0\n", "P302"),
    "doubling types": (
        "protocol P\ntype T0 = { a: bool, b: bool }\n"
        + "".join(f"type T{i} = {{ a: T{i - 1}, b: T{i - 1} }}\n" for i in range(1, 60))
        + "var x: T59 = any\naction a() { x = x }\n",
        None,
    ),
    "enum": (f"protocol P\nenum E {{ {', '.join(f'L{i}' for i in range(60_000))} }}\nvar e: E -> E = any\n", None),
    "any": ("protocol P\nvar m: 0..30 -> bool = any\naction a() { m[0] = true }\nalways C: m[0]\n", None),
    "messages": (
        "protocol P\nmessage M\nrole a { action s() { send M() } }\nrole b[B] { ignore M }\nids B[100000]\n"
        "channel c: b <-> b { ordered }\nchannel d: a -> b\n",
        None,
    ),
    "settings": (
        "protocol P(n: 0..999999999999 = 1)\nalways C: n >= 0\nexpect with (n = 0..999999999999): C holds\n", None
    ),
    "many settings": (
        "protocol P(n: 0..99 = 1, m: 0..99 = 1)\nalways C: n + m >= 0\n"
        + "expect with (n = 0..99, m = 0..99): C holds\n" * 99, None
    ),
    "self import": ('import "hostile.plait"\nprotocol P\n', "P109"),
    "import of a folder": ('import "."\nprotocol P\n', "P107"),
    "import of nothing": ('import "nowhere.plait"\nprotocol P\n', "P107"),
    "import from above": ('import "../../../../etc/passwd"\nprotocol P\n', "P107"),
    "import of a model above": ('import "../outside.plait"\nprotocol P\n', "P108"),
    "import by root": ('import "/etc/hosts.plait"\nprotocol P\n', "P108"),
    "import of a device": ('import "device.plait"\nprotocol P\n', None),
    "import with escapes": ('import "\x1b[31m%s{0}.plait"\nprotocol P\n', None),
    "import with a long name": (f'import "{"a" * 5_000}.plait"\nprotocol P\n', "P107"),
    "names": ("protocol __import__\nvar __class__: bool = __import__\n", "P101"),
    "duplicates": ("protocol P\n" + "var x: bool = true\n" * 5_000, "P102"),
    "unknown names": ("protocol P\n" + "".join(f"always C{i}: nothing{i}\n" for i in range(3_000)), "P101"),
    "null": ("protocol P\0\n", None),
    "escapes": ("protocol P\nvar \x1b]0;owned\x07: bool = true\n", "P003"),
    "turned around": ("protocol P\nvar \u202ex: bool = true\n", "P003"),
    "one line": ("protocol P " + "var x: bool = true " * 30_000, "P102"),
    "docs": ("protocol P\n" + "/// doc\n" * 50_000, "P011"),
    "string": ('import "' + "x" * 500_000 + "\n", "P012"),
    "proposals": ("protocol P\n" + "".join(f"proposal Q{i} extends Q{i + 1} {{ }}\n" for i in range(500)), "P110"),
    "ring of proposals": (
        "protocol P\n" + "".join(f"proposal Q{i} extends Q{(i + 1) % 300} {{ }}\n" for i in range(300)),
        "P111",
    ),
    "empty": ("", None),
    "spaces": (" " * 900_000, None),
    "too long": ("// filler\n" * 5_000_000, "P002"),
}  # fmt: skip

# These are models; what is asked is only that they end soon, within their limits.
LIMITED = frozenset(
    [
        "choose",
        "some sets",
        "map of maps",
        "range",
        "long sequence",
        "power",
        "arguments",
        "doubling types",
        "any",
        "enum",
        "two ranges in a claim",
    ]
)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_file(name: str, tmp_path: Path) -> None:
    text, code = HOSTILE[name]
    folder = tmp_path / "project"
    folder.mkdir()
    (tmp_path / "outside.plait").write_text("protocol Outside\n", encoding="utf-8")
    (folder / "device.plait").symlink_to("/dev/zero")
    file = folder / "hostile.plait"
    file.write_text(text, encoding="utf-8")
    ended = plait("check", str(file), "--max-states", "20000", "--timeout", "5", cwd=folder)
    if name in LIMITED and ended.returncode in (0, 1, 3):
        assert b"Traceback" not in ended.stdout + ended.stderr
    else:
        refused(ended, code)


BYTES: dict[str, bytes] = {
    "no text": b"\xff\xfe\x00\x01" * 100,
    "cut short": "protocol Caf\N{LATIN SMALL LETTER E WITH ACUTE}".encode()[:-1],
    "utf-16": "protocol P\n".encode("utf-16"),
    "nothing but zeros": bytes(1_000_000),
}


@pytest.mark.parametrize("name", BYTES)
def test_hostile_bytes(name: str, tmp_path: Path) -> None:
    file = tmp_path / "hostile.plait"
    file.write_bytes(BYTES[name])
    refused(plait("check", str(file), cwd=tmp_path), None)


INNOCENT = "protocol P\nvar b: bool = false\naction a() { b = true }\nalways C: not b\n"
FORMS: dict[str, Callable[[str], str]] = {
    "byte order mark": lambda text: "\ufeff" + text,
    "carriage returns": lambda text: text.replace("\n", "\r\n"),
    "tabs": lambda text: text.replace(" ", "\t"),
    "form feeds": lambda text: text.replace("\n", "\n\f"),
    "no last line end": lambda text: text.rstrip(),
}


@pytest.mark.parametrize("form", FORMS)
def test_forms_of_the_same_text(form: str, tmp_path: Path) -> None:
    file = tmp_path / "model.plait"
    file.write_bytes(FORMS[form](INNOCENT).encode())
    ended = plait("check", str(file), cwd=tmp_path)
    assert ended.returncode == 1, ended.stderr.decode()
    assert b"fails" in ended.stdout


NASTY = [
    "<script>alert(1)</script>",
    "%s%n{0}{__class__}",
    "]]>&amp;\"'",
    "$(touch owned)`touch owned`",
    "..",
    "-h",
    "\\N \\l",
]
FORMATS = ["text", "json", "junit"]


@pytest.mark.parametrize("format", FORMATS)
def test_nasty_words_stay_words(format: str, tmp_path: Path) -> None:
    """Documentation and file names go through every report as they are, or escaped; nothing runs."""
    docs = "\n".join(f"/// {word}" for word in NASTY)
    for number, word in enumerate(NASTY):
        name = word.replace("/", "_")
        text = INNOCENT.replace("always", f"/// {word} __import__(1)\nalways")
        (tmp_path / f"{name} {number}.plait").write_text(f"{docs}\n{text}", encoding="utf-8")
    ended = plait("check", ".", "--format", format, cwd=tmp_path)
    assert ended.returncode == 1, ended.stderr.decode()[-2_000:]
    assert not (tmp_path / "owned").exists()


def test_nasty_words_are_drawn(tmp_path: Path) -> None:
    (tmp_path / "model.plait").write_text(INNOCENT.replace("always", f"/// {''.join(NASTY)}\nalways"), encoding="utf-8")
    ended = plait("check", "model.plait", "--draw", "out", cwd=tmp_path)
    assert ended.returncode == 1, ended.stderr.decode()[-2_000:]
    for drawn in (tmp_path / "out").glob("*.svg"):
        assert "<script" not in drawn.read_text(encoding="utf-8")


def test_a_ring_of_imports(tmp_path: Path) -> None:
    for number in range(5):
        text = f'import "part{(number + 1) % 5}.plait"\nprotocol P{number}\n'
        (tmp_path / f"part{number}.plait").write_text(text, encoding="utf-8")
    refused(plait("check", "part0.plait", cwd=tmp_path), "P109")


def test_very_many_imports(tmp_path: Path) -> None:
    for number in range(300):
        text = f'import "part{number + 1}.plait"\nabstract protocol P{number}\n'
        (tmp_path / f"part{number}.plait").write_text(text, encoding="utf-8")
    refused(plait("check", "part0.plait", cwd=tmp_path), "P107")


@pytest.mark.parametrize(
    "setting", ["", "=", "n", "n=", "=1", "n=1..", "n=99", "n=-1", "n=none", "m=1", "n=2..1", "n=" + "9" * 6_000]
)
def test_wrong_settings(setting: str, tmp_path: Path) -> None:
    (tmp_path / "model.plait").write_text(INNOCENT.replace("P\n", "P(n: 0..3 = 1)\n"), encoding="utf-8")
    refused(plait("check", "model.plait", "--set", setting, cwd=tmp_path), None)
