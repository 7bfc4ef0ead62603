"""Which runs a job makes, and what is expected of each."""

import pytest

from plait.errors import JobError
from plait.judge import judge
from plait.parameters import Wish, parse_wish, shown
from plait.plan import Loaded, Plan, plans
from plait.verdict import Decision
from plait_spec.core import Model
from plait_spec.types import BOOL, Number, OptionType, RangeType
from tests.checker.doubles import POLL, Stated, decision, expect, model, number, parameter

HOLDS: Stated = ("holds", None)
FAILS: Stated = ("fails", None)


def planned(found: Model, *sets: str, **rest: tuple[str, ...]) -> tuple[Plan, ...]:
    return plans((Loaded("toy.plait", found),), tuple(map(parse_wish, sets)), **rest)


def values(*made: Plan) -> list[dict[str, object]]:
    return [dict(plan.parameters) for plan in made]


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        ("ops=2", Wish("ops", "2")),
        (" ops = 1..3 ", Wish("ops", "1", "3")),
        ("lo=-2..-1", Wish("lo", "-2", "-1")),
        ("eager=false", Wish("eager", "false")),
        ("poll=Often", Wish("poll", "Often")),
    ],
)
def test_wishes(text: str, wish: Wish) -> None:
    assert parse_wish(text) == wish


@pytest.mark.parametrize(
    "text", ["", "ops", "ops=", "=1", "ops=1..", "ops=1,2", "ops=a..b", "ops=1...3", "ops=²", "ø=1"]
)
def test_what_is_no_wish(text: str) -> None:
    with pytest.raises(JobError, match="name=value"):
        parse_wish(text)


def test_the_defaults_alone() -> None:
    (plan,) = planned(model())
    assert dict(plan.parameters) == {"ops": 1, "eager": True}
    assert plan.properties == ("A", "B")
    assert plan.by_default
    assert plan.changed == ()


def test_every_combination_of_every_expect_with() -> None:
    made = planned(model(expect({"A": HOLDS}, ops=(2, 3), eager=False), expect({"B": HOLDS}, ops=3)))
    assert values(*made) == [
        {"ops": 1, "eager": True},
        {"ops": 2, "eager": False},
        {"ops": 3, "eager": False},
        {"ops": 3, "eager": True},
    ]
    assert [plan.properties for plan in made] == [("A", "B"), ("A",), ("A",), ("B",)]


def test_expectations_of_equal_parameters_share_a_run() -> None:
    made = planned(model(expect({"A": FAILS}, ops=2), expect({"B": HOLDS}, ops=(1, 2))))
    assert values(*made) == [{"ops": 1, "eager": True}, {"ops": 2, "eager": True}]
    assert [sorted(plan.stated) for plan in made] == [["B"], ["A", "B"]]
    assert made[0].properties == ("A", "B")


def test_set_makes_only_the_runs_that_it_names() -> None:
    made = planned(model(expect({"A": FAILS}, ops=3)), "ops=2..3", "eager=false")
    assert values(*made) == [{"ops": 2, "eager": False}, {"ops": 3, "eager": False}]
    assert [plan.properties for plan in made] == [("A", "B"), ("A", "B")]
    assert [plan.stated for plan in made] == [{}, {}]


def test_an_expectation_applies_where_its_parameters_equal_the_runs() -> None:
    (plan,) = planned(model(expect({"A": FAILS}, ops=3)), "ops=3")
    assert judged(plan, decision("A", "fails", 2)) == ("fails", True, True)
    assert judged(plan, decision("B", "fails", 2)) == (None, True, False)


def test_set_to_the_defaults_is_the_default_run() -> None:
    (plan,) = planned(model(expect({"A": FAILS})), "ops=1")
    assert plan.by_default
    assert judged(plan, decision("B")) == ("holds", True, False)


def test_a_model_without_the_parameter_has_no_such_run() -> None:
    with_ops, without = Loaded("a", model()), Loaded("b", model(parameters=()))
    assert [plan.file for plan in plans((with_ops, without), (Wish("ops", "2"),))] == ["a"]


def test_filters() -> None:
    loaded = (Loaded("a", model()), Loaded("a", model(proposal="Better")), Loaded("b", model(protocol="Other")))
    assert [plan.model.proposal for plan in plans(loaded, proposals=("Better",))] == ["Better"]
    assert [plan.model.protocol for plan in plans(loaded, proposals=("Toy", "Other"))] == ["Toy", "Other"]
    assert [plan.properties for plan in plans(loaded[:1], properties=("B",))] == [("B",)]


def test_a_filter_leaves_out_runs_that_judge_nothing() -> None:
    made = planned(model(expect({"A": HOLDS}, ops=2)), properties=("B",))
    assert values(*made) == [{"ops": 1, "eager": True}]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"proposals": ("Toi",)}, "did you mean Toy"),
        ({"properties": ("Z",)}, "there is A, B"),
        ({"wishes": (Wish("opts", "1"),)}, "did you mean ops"),
        ({"wishes": (Wish("ops", "9"),)}, "a number of 1..4"),
        ({"wishes": (Wish("ops", "true"),)}, "a number of 1..4"),
        ({"wishes": (Wish("ops", "0", "2"),)}, "a number of 1..4"),
        ({"wishes": (Wish("ops", "3", "2"),)}, "empty"),
        ({"wishes": (Wish("eager", "1"),)}, "true or false"),
        ({"wishes": (Wish("ops", "1"), Wish("ops", "2"))}, "more than once"),
    ],
)
def test_what_is_not_there_is_a_usage_error(options: dict[str, tuple[str, ...]], words: str) -> None:
    with pytest.raises(JobError, match=words):
        plans((Loaded("a", model()),), **options)  # type: ignore[arg-type]


def test_labels_and_none_are_words() -> None:
    declared = (
        parameter("poll", POLL, 1),
        parameter("most", OptionType(RangeType(Number(0), Number(3))), 2),
        parameter("eager", BOOL, default=False),
    )
    found = model(parameters=declared)
    (plan,) = planned(found, "poll=Never", "most=none")
    assert dict(plan.parameters) == {"poll": 0, "most": None, "eager": False}
    assert shown(found, plan.parameters) == (("poll", "Never"), ("most", "none"), ("eager", False))
    with pytest.raises(JobError, match="one of Never, Often"):
        planned(found, "poll=Sometimes")
    with pytest.raises(JobError, match="or none"):
        planned(found, "most=7")


def test_bounds_of_parameters_may_read_others() -> None:
    from plait_spec.types import BoundOf, ParameterBound

    upto_n = RangeType(Number(0), BoundOf("+", ParameterBound("n"), Number(1)))
    found = model(parameters=(number("n", 1, 3, 2), parameter("k", upto_n, 0)))
    assert values(*planned(found, "k=3")) == [{"n": 2, "k": 3}]
    with pytest.raises(JobError, match=r"0\.\.3"):
        planned(found, "k=4")


# ---- judging


def judged(plan: Plan, about: Decision) -> tuple[str | None, bool, bool]:
    verdict = judge(plan, about)
    return verdict.expected, verdict.ok, verdict.stated


@pytest.mark.parametrize(
    ("stated", "about", "ok"),
    [
        (("holds", None), decision("A"), True),
        (("holds", None), decision("A", "holds within"), False),
        (("holds", None), decision("A", "vacuous"), False),
        (("holds within", None), decision("A", "holds within"), True),
        (("holds within", None), decision("A"), False),
        (("fails", None), decision("A", "fails", 5), True),
        (("fails", None), decision("A", "fails"), True),
        (("fails", 5), decision("A", "fails", 5), True),
        (("fails", 4), decision("A", "fails", 5), False),
        (("fails", 4), decision("A", "fails"), False),
        (("fails", None), decision("A"), False),
        (("undetermined", None), decision("A", "undetermined"), True),
        (("undetermined", None), decision("A"), False),
        (("vacuous", None), decision("A", "vacuous"), True),
        (("fails", None), decision("A", "error"), False),
    ],
)
def test_stated(stated: tuple[str, int | None], about: Decision, ok: bool) -> None:
    (plan,) = planned(model(expect({"A": stated})))  # type: ignore[dict-item]
    written = stated[0] if stated[1] is None else f"{stated[0]} in {stated[1]}"
    assert judged(plan, about) == (written, ok, True)


@pytest.mark.parametrize(
    ("word", "ok"), [("holds", True), ("vacuous", False), ("undetermined", False), ("fails", False)]
)
def test_unstated_at_the_defaults_is_expected_to_hold(word: str, ok: bool) -> None:
    (plan,) = planned(model())
    assert judged(plan, decision("A", word)) == ("holds", ok, False)  # type: ignore[arg-type]


@pytest.mark.parametrize(("word", "ok"), [("holds", True), ("fails", True), ("undetermined", True), ("error", False)])
def test_elsewhere_only_an_error_is_wrong(word: str, ok: bool) -> None:
    (plan,) = planned(model(), "ops=2")
    assert judged(plan, decision("A", word)) == (None, ok, False)  # type: ignore[arg-type]
