"""Which searches a job makes: models and parameters in, a list of runs with what is expected of each out.

    Plan = a model at one assignment of its parameters, the properties to judge, and the expectations that apply

Without `--set`: the defaults, and every combination of every `expect with`.  With it: the runs that it names, and no
others.  An expectation applies where its parameters equal the run's; at the defaults whatever is unstated is expected
to hold.  One search per assignment, however many expectations name it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from math import prod

from plait.errors import JobError
from plait.parameters import (
    MAX_RUNS,
    Assignment,
    Scalar,
    Wish,
    assign,
    defaults,
    names,
    setting_values,
    wished_values,
)
from plait.settings import check_settings
from plait_spec.core import Expectation, Model, Outcome
from plait_spec.record import record


@record
class Loaded:
    """A model and the file that it was loaded from, by the name that reports use."""

    file: str
    model: Model

    @property
    def name(self) -> str:
        """What `--proposal` calls it: the proposal, or the protocol where it is none."""
        return self.model.proposal or self.model.protocol


@record
class Plan:
    """One search: `properties` in declaration order, those of them that somebody judges.

    `stated` are the outcomes that apply.  `by_default` says that the run is at the defaults, where an outcome that
    nobody states is `holds`.
    """

    file: str
    model: Model
    parameters: Assignment
    properties: tuple[str, ...]
    stated: Mapping[str, Outcome]
    by_default: bool

    @property
    def changed(self) -> Assignment:
        """The parameters that are not at their defaults."""
        usual = dict(defaults(self.model))
        return tuple((name, value) for name, value in self.parameters if value != usual[name])


def plans(
    loaded: Sequence[Loaded],
    wishes: Sequence[Wish] = (),
    proposals: Sequence[str] = (),
    properties: Sequence[str] = (),
) -> tuple[Plan, ...]:
    """The runs, in the order of the files, of the declarations in them, and of their expectations."""
    chosen = choose(loaded, wishes, proposals, properties)
    return tuple(plan for entry in chosen for plan in runs_of(entry, wishes, properties))


def choose(
    loaded: Sequence[Loaded], wishes: Sequence[Wish], proposals: Sequence[str], properties: Sequence[str]
) -> tuple[Loaded, ...]:
    """The models that are meant; raises JobError where something named is in none of them."""
    chosen = _of_name(loaded, proposals)
    _know_properties(chosen, properties)
    _know_parameters(chosen, wishes)
    return chosen


def _of_name(loaded: Sequence[Loaded], wanted: Sequence[str]) -> tuple[Loaded, ...]:
    known = tuple(dict.fromkeys(entry.name for entry in loaded))
    for name in wanted:
        if name not in known:
            raise JobError(f"--proposal {name}: there is no protocol or proposal of this name{_instead(name, known)}")
    return tuple(entry for entry in loaded if not wanted or entry.name in wanted)


def _know_properties(chosen: Sequence[Loaded], wanted: Sequence[str]) -> None:
    known = tuple(dict.fromkeys(found.name for entry in chosen for found in entry.model.properties))
    for name in wanted:
        if name not in known:
            raise JobError(f"--property {name}: there is no property of this name{_instead(name, known)}")


def _know_parameters(chosen: Sequence[Loaded], wishes: Sequence[Wish]) -> None:
    known = names(entry.model for entry in chosen)
    seen: set[str] = set()
    for wish in wishes:
        if wish.name not in known:
            raise JobError(f"--set {wish.name}: there is no parameter of this name{_instead(wish.name, known)}")
        if wish.name in seen:
            raise JobError(f"--set {wish.name}: it is set more than once")
        seen.add(wish.name)


def _instead(name: str, known: Sequence[str]) -> str:
    from difflib import get_close_matches

    close = get_close_matches(name, known, 1)
    if close:
        return f"; did you mean {close[0]}?"
    return f"; there is {', '.join(known)}" if known else ""


def runs_of(entry: Loaded, wishes: Sequence[Wish], properties: Sequence[str]) -> Iterator[Plan]:
    """The runs of one model; raises SpecError where its parameters make no sense."""
    model = entry.model
    check_settings(model)
    assignments = _wished(model, wishes) if wishes else _expected(model)
    for assignment in dict.fromkeys(assignments):
        plan = _plan(entry, assignment, judge_all=bool(wishes), wanted=properties)
        if plan.properties or not properties:
            yield plan


def _wished(model: Model, wishes: Sequence[Wish]) -> Iterator[Assignment]:
    """The combinations of the wishes; none if the model lacks one of the parameters."""
    by_name = {wish.name: wish for wish in wishes}
    declared = [parameter for parameter in model.parameters if parameter.name in by_name]
    if len(declared) < len(by_name):
        return
    found: list[dict[str, Scalar]] = [{}]
    for parameter in declared:  # in their order: the range of one may depend on those before it
        wish = by_name[parameter.name]
        values = [wished_values(parameter, wish, dict(assign(model, given))) for given in found]
        _few((found, max(values, key=len)))
        found = [{**given, parameter.name: value} for given, mine in zip(found, values, strict=True) for value in mine]
    for given in found:
        yield assign(model, given)


def _expected(model: Model) -> Iterator[Assignment]:
    """The defaults, then what each `expect with` names."""
    yield defaults(model)
    for expectation in model.expectations:
        yield from combinations(model, expectation)


def combinations(model: Model, expectation: Expectation) -> Iterator[Assignment]:
    """The assignments to which an expectation applies."""
    settings = expectation.settings
    values = [setting_values(model, setting) for setting in settings]
    _few(values)
    for combination in product(*values):
        given: dict[str, Scalar] = dict(zip((setting.name for setting in settings), combination, strict=True))
        yield assign(model, given)


def _few(values: Sequence[Sequence[object]]) -> None:
    runs = prod(map(len, values))
    if runs > MAX_RUNS:
        raise JobError(f"these settings are {runs:,} runs of one model; at most {MAX_RUNS} are made")


def _plan(entry: Loaded, assignment: Assignment, *, judge_all: bool, wanted: Sequence[str]) -> Plan:
    model = entry.model
    stated: dict[str, Outcome] = {}
    for expectation in model.expectations:
        if assignment in combinations(model, expectation):
            for outcome in expectation.outcomes:
                stated.setdefault(outcome.property, outcome)
    by_default = assignment == defaults(model)
    judged = tuple(
        found.name
        for found in model.properties
        if (judge_all or by_default or found.name in stated) and (not wanted or found.name in wanted)
    )
    return Plan(entry.file, model, assignment, judged, stated, by_default)
