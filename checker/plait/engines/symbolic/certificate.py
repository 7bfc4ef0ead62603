"""A certificate: an inductive invariant as a text that people can read and another program can check.

    plait certificate 1
    written by plait 0.1.0
    file: two_phase.plait
    protocol: TwoPhase
    proposal: none
    parameters: managers = 3
    properties: Agreement
    beside: none
    using: none
    values: all
    verdict: holds

    lemma Invariant1: all m1: Manager. not (state[m1] == Working and m1 in offers)
    excluded: link a1 -> master has at 1 link: Update(o1, Finished); not agent[a1].done[o1]

The head is lines of `key: value` up to an empty line. Then come `lemma`s in the language of the model: together with
the `excluded` lines they are the invariant. `excluded` is for what the language has no words for (what stands at which
place of a queue, monitors, budgets): in no reachable state are these facts true together, nor are they after the
identities have been exchanged. A fact is what `certificate_words.Words.place` says.

`values: reachable` says that the facts are told apart by the values alone that can be there, which whoever checks the
certificate finds out again, and has a solver confirm. A line `longest run: 12` says that no run has more steps; the
properties are then looked for in all runs of that length (`none`: no run begins). That a property holds vacuously is
no matter here.

`beside` are properties whose past-time operators are part of the state, and of which nothing is proved. `using` are
lemmas of the model itself, which are part of the invariant.

A file may hold several, one after another.

Where the verdict is for any size, `parameters` are those that do not say how many identities there are, and there are
no `excluded` lines.

Non-goals: whether the invariant proves anything, which is for `obligations`.
"""

from __future__ import annotations

import re

from plait.engines.symbolic.obligations_answers import NO_RUN
from plait.errors import JobError
from plait_spec.record import record

FORMAT = 1
ANY_SIZE = ("holds for any size", "holds for any size, for any network")
VERDICTS = ("holds", "holds within", *ANY_SIZE)
_KEYS = ("file", "protocol", "proposal", "parameters", "properties", "beside", "using", "values", "verdict")
_FIRST = re.compile(r"plait certificate (\d+)")
_WRITER = re.compile(r"written by plait \S+")
_EXCLUDED = re.compile(r"excluded: (.+)")
_LONGEST = re.compile(r"longest run: (none|\d{1,6})")


@record
class Head:
    """What a certificate is about; `proposal` is None for a protocol itself. `parameters` are (name, text) pairs.

    `reachable`: the facts are about the encoding of values that can be there, not of all.
    """

    version: str
    file: str
    protocol: str
    proposal: str | None
    parameters: tuple[tuple[str, str], ...]
    properties: tuple[str, ...]
    beside: tuple[str, ...]
    using: tuple[str, ...]
    reachable: bool
    verdict: str

    @property
    def model(self) -> str:
        """What `--proposal` calls the model."""
        return self.proposal or self.protocol


@record
class Certificate:
    """A certificate as text.

    `lemmas` is a module of the language: the lines of the file, without those that are no lemmas, each at its own
    line. `excluded` are the facts of each `excluded` line, with the number of the line. `longest` is the number of
    steps that no run is said to exceed (or `NO_RUN`), where that is said.
    """

    head: Head
    lemmas: str
    excluded: tuple[tuple[int, tuple[str, ...]], ...]
    longest: int | None = None


def dumps(
    head: Head, lemmas: tuple[str, ...], excluded: tuple[tuple[str, ...], ...], longest: int | None = None
) -> str:
    """The text of a certificate."""
    lines = [
        f"plait certificate {FORMAT}",
        f"written by plait {head.version}",
        f"file: {head.file}",
        f"protocol: {head.protocol}",
        f"proposal: {head.proposal or 'none'}",
        f"parameters: {', '.join(f'{name} = {value}' for name, value in head.parameters) or 'none'}",
        f"properties: {', '.join(head.properties)}",
        f"beside: {', '.join(head.beside) or 'none'}",
        f"using: {', '.join(head.using) or 'none'}",
        f"values: {'reachable' if head.reachable else 'all'}",
        f"verdict: {head.verdict}",
        "",
        *([] if longest is None else [f"longest run: {'none' if longest == NO_RUN else longest}"]),
        *(f"lemma {name}" for name in lemmas),
        *(f"excluded: {'; '.join(facts)}" for facts in excluded),
    ]
    return "\n".join(lines) + "\n"


def loads_all(text: str, name: str) -> tuple[Certificate, ...]:
    """The certificates that stand one after another in a file; raises JobError where something else does."""
    lines = text.splitlines()
    starts = [at for at, line in enumerate(lines) if _FIRST.fullmatch(line.strip())]
    if starts[:1] != [0]:
        return (loads(text, name),)  # which is none, and it says why
    ends = [*starts[1:], len(lines)]
    return tuple(loads("\n".join(lines[at:end]), name, at) for at, end in zip(starts, ends, strict=True))


def loads(text: str, name: str, above: int = 0) -> Certificate:
    """The certificate that a text is; raises JobError where it is none.

    `name` is the file, for messages, and `above` how many lines stand there above the text.
    """
    lines = text.splitlines()
    first = _FIRST.fullmatch(lines[0].strip()) if lines else None
    if first is None:
        raise JobError(f"{name}: this is not a certificate: it does not begin with `plait certificate {FORMAT}`")
    if int(first[1]) != FORMAT:
        raise JobError(f"{name}: a certificate of format {first[1]}; this version reads format {FORMAT}")
    end = next((at for at, line in enumerate(lines) if not line.strip()), len(lines))
    head = _head(lines[1:end], name, above)
    body: list[str] = []
    excluded: list[tuple[int, tuple[str, ...]]] = []
    longest: int | None = None
    for number, line in enumerate(lines[end:], above + end + 1):
        facts, length = _EXCLUDED.fullmatch(line.strip()), _LONGEST.fullmatch(line.strip())
        if facts is not None:
            excluded.append((number, tuple(fact.strip() for fact in facts[1].split(";"))))
        elif length is not None:
            if longest is not None:
                raise JobError(f"{name}:{number}: the longest run is said twice")
            longest = NO_RUN if length[1] == "none" else int(length[1])
        body.append(line if facts is None and length is None else "")
    module = "\n".join(["protocol Certificate", *[""] * (above + end - 1), *body])
    return Certificate(head, module, tuple(excluded), longest)


def _head(lines: list[str], name: str, above: int) -> Head:
    if not lines or _WRITER.fullmatch(lines[0].strip()) is None:
        raise JobError(f"{name}:{above + 2}: here it says who wrote the certificate: `written by plait VERSION`")
    found: dict[str, str] = {}
    for number, line in enumerate(lines[1:], above + 3):
        key, _, value = line.partition(":")
        if key.strip() not in _KEYS or key.strip() in found:
            raise JobError(f"{name}:{number}: `{key.strip()}` is no line of a certificate's head, or there twice")
        found[key.strip()] = value.strip()
    missing = [key for key in _KEYS if not found.get(key)]
    if missing:
        raise JobError(f"{name}: the head does not say: {', '.join(missing)}")
    for key in ("properties", "beside", "using"):
        listed = _listed(found[key])
        if len(set(listed)) < len(listed):
            raise JobError(f"{name}: `{key}` says something twice")
    if found["properties"] == "none":
        raise JobError(f"{name}: a certificate is about some property, and `properties` are none")
    parameters = tuple(_parameter(part, name) for part in _listed(found["parameters"]))
    if len(dict(parameters)) < len(parameters):
        raise JobError(f"{name}: `parameters` give a value twice")
    if found["verdict"] not in VERDICTS:
        raise JobError(f"{name}: a certificate proves `holds` or `holds within`, not `{found['verdict']}`")
    if found["values"] not in ("all", "reachable"):
        raise JobError(f"{name}: `values` are `all` or `reachable`, not `{found['values']}`")
    return Head(
        version=lines[0].split()[-1],
        file=found["file"],
        protocol=found["protocol"],
        proposal=None if found["proposal"] == "none" else found["proposal"],
        parameters=parameters,
        properties=tuple(_listed(found["properties"])),
        beside=tuple(_listed(found["beside"])),
        using=tuple(_listed(found["using"])),
        reachable=found["values"] == "reachable",
        verdict=found["verdict"],
    )


def _listed(text: str) -> list[str]:
    return [] if text == "none" else [part.strip() for part in text.split(",")]


def _parameter(text: str, name: str) -> tuple[str, str]:
    key, sign, value = text.partition("=")
    if not sign or not key.strip() or not value.strip():
        raise JobError(f"{name}: `{text}` is no value of a parameter: `name = value` is")
    return key.strip(), value.strip()
