"""Inheritance: what a proposal ends up with, in which order, and what it cannot change."""

import pytest

from plait_spec import syntax
from plait_spec.declarations import title
from plait_spec.diagnostics import Sink
from plait_spec.project import Project, load_text
from plait_spec.proposals import Flat, flatten
from plait_spec.source import Source
from tests.spec.elaborating import MARK, check_marked, flats, helps

BASE = """
abstract protocol Base(n: 1..3 = 1, loud: bool = true)
ids Op[n]
message Ask { op: Op }
channel link: left -> right
var total, rest: 0..3 = 0
def twice(): bool = total == 2
def other(): bool = true
role left { var sent: 0..3 = 0  action go() { sent += 1 } }
role right { on Ask(a) { total += 1 }  may crash 1 }
always Small: total < 3
deadlock free
expect Small holds
scenario Simple for Base { do left.go }
"""


def flat(text: str, name: str) -> Flat:
    sink = Sink()
    found = {each.name: each for each in flats(BASE + text, sink)}
    assert sink.diagnostics == ()
    return found[name]


def lines(flat: Flat) -> list[str]:
    """What is declared, in order, with its role."""
    return [f"{placed.role or ''}.{title(placed.item).strip('`')}" for placed in flat.declarations]


def test_a_protocol_is_its_items() -> None:
    base = flat("", "Base")
    assert lines(base) == [
        ".ids Op", ".message Ask", ".channel link", ".var total", ".var rest", ".def twice", ".def other",
        ".role left", "left.var sent", "left.action go", ".role right", "right.on Ask", "right.may crash",
        ".always Small", ".deadlock free",
    ]  # fmt: skip
    assert base.abstract
    assert (base.protocol, base.proposal) == ("Base", None)
    assert len(base.expectations) == 1
    assert [scenario.name.text for scenario in base.scenarios] == ["Simple"]


def test_a_proposal_inherits_everything_but_expectations() -> None:
    copy = flat("/// A copy\nproposal Copy extends Base { }", "Copy")
    assert lines(copy) == lines(flat("", "Base"))
    assert (copy.protocol, copy.proposal, copy.abstract) == ("Base", "Copy", False)
    assert copy.expectations == ()
    assert [scenario.name.text for scenario in copy.scenarios] == ["Simple"]
    assert copy.doc == ("A copy",)


def test_additions_come_last_and_roles_are_reopened() -> None:
    more = flat(
        "proposal More extends Base { var extra: bool = false  role left { var seen: bool = false }"
        " role third { } always Big: true  expect Big holds }", "More",
    )  # fmt: skip
    added = [".var extra", "left.var seen", ".role third", ".always Big"]
    assert lines(more) == [*lines(flat("", "Base")), *added]
    assert len(more.expectations) == 1


def test_replacements_keep_their_place_and_what_was_there() -> None:
    text = (
        "proposal One extends Base { replace def twice(): bool = total == 3"
        " role left { replace action go() { } } }\n"
        "proposal Two extends One { replace def twice(): bool = inherited()  replace var rest: 0..2 = 1 }"
    )
    two = flat(text, "Two")
    assert lines(two) == lines(flat("", "Base"))
    chain = [placed for placed in two.declarations if title(placed.item) == "`def twice`"]
    while chain[-1].inherited is not None:
        chain.append(chain[-1].inherited)
    assert len(chain) == 3
    assert [placed.inherited is None for placed in two.declarations if placed.role == "left"] == [True, False]


def test_removals() -> None:
    less = flat(
        "proposal Less extends Base { remove def other  remove var rest  remove always Small"
        " role right { remove on Ask } remove channel link }", "Less",
    )  # fmt: skip
    gone = {".def other", ".var rest", ".always Small", "right.on Ask", ".channel link"}
    assert lines(less) == [line for line in lines(flat("", "Base")) if line not in gone]


def test_what_was_removed_may_be_added_again() -> None:
    again = flat("proposal Again extends Base { remove var rest  var rest: bool = true }", "Again")
    assert lines(again)[-1] == ".var rest"


def test_messages_gain_fields_with_defaults() -> None:
    wide = flat("proposal Wide extends Base { message Ask { stamp: 0..3 = 0 } message New { x: bool } }", "Wide")
    messages = [placed.item for placed in wide.declarations if isinstance(placed.item, syntax.Message)]
    fields = [(message.name.text, [field.name.text for field in message.fields]) for message in messages]
    assert fields == [
        ("Ask", ["op", "stamp"]),
        ("New", ["x"]),
    ]


def test_parameters_are_added_and_preset() -> None:
    text = "proposal One(k: 0..2 = 1) extends Base(n = 2) { }\nproposal Two extends One(k = 0) { }"
    two = flat(text, "Two")
    defaults = {p.name.text: p.default for p in two.parameters}
    assert list(defaults) == ["n", "loud", "k"]
    assert defaults["n"] == syntax.Integer(2, two.span)
    assert defaults["k"] == syntax.Integer(0, two.span)


def test_a_handler_is_found_without_its_channel() -> None:
    text = "proposal One extends Base { role right { replace on Ask(a) via link { } } }"
    assert ("right.on Ask via link") in lines(flat(text, "One"))


def test_scenarios_run_in_what_extends_their_protocol() -> None:
    text = "proposal One extends Base { }\nproposal Two extends One { }\nscenario Of for One { do left.go }"
    assert [s.name.text for s in flat(text, "Base").scenarios] == ["Simple"]
    assert [s.name.text for s in flat(text, "Two").scenarios] == ["Simple", "Of"]


def test_only_the_checked_file_is_run() -> None:
    base = load_text(Source("base.plait", BASE)).checked
    mine = load_text(Source("mine.plait", "proposal Mine extends Base { }\nproposal More extends Mine { }")).checked
    sink = Sink()
    found = flatten(Project((base, mine)), sink)
    assert [each.name for each in found] == ["Mine", "More"]
    assert sink.diagnostics == ()


def test_a_file_may_be_empty() -> None:
    assert flats("", Sink()) == ()


WRONG = [
    ("P301", "«var x: bool = true\nprotocol P"),
    ("P301", "protocol P\nprotocol «Q"),
    ("P301", "protocol P\non «Ask() { }"),
    ("P301", "protocol P\n«may crash"),
    ("P301", "protocol P\nrole r { role «s { } }"),
    ("P301", "protocol P\nrole r { enum «E { A } }"),
    ("P301", "protocol P\nrole r { always «A: true }"),
    ("P301", "protocol P\nrole r { «expect A holds }"),
    ("P301", "protocol P\nvar x: bool = true\n«replace var x: bool = false"),
    ("P301", "protocol P\nvar x: bool = true\n«remove var x"),
    ("P102", "protocol P\nproposal «P extends P { }"),
    ("P102", "protocol P\nscenario S for P { }\nscenario «S for P { }"),
    ("P102", BASE + "proposal Q(k: 0..1 = 0, «k: 0..1 = 0) extends Base { }"),
    ("P110", "protocol P\nproposal Q extends «Pp { }"),
    ("P110", "protocol P\nscenario S for «Q { }"),
    ("P111", "proposal A extends «B { }\nproposal B extends C { }\nproposal C extends A { }\nproposal D extends A { }"),
    ("P111", "proposal A extends «A { }"),
    ("P112", BASE + "proposal Q extends Base { replace def «twise(): bool = true }"),
    ("P112", BASE + "proposal Q extends Base { replace action «go() { } }"),
    ("P112", BASE + "proposal Q extends Base { remove var «totl }"),
    ("P112", BASE + "proposal Q extends Base { role left { «remove on Ask } }"),
    ("P112", BASE + "proposal Q extends Base { var new: bool = true  replace var «new: bool = false }"),
    ("P113", BASE + "proposal Q extends Base { var «total: bool = true }"),
    ("P113", BASE + "proposal Q extends Base { def «twice(): bool = true }"),
    ("P113", BASE + "proposal Q extends Base { role right { on «Ask(b) { } } }"),
    ("P113", BASE + "proposal Q extends Base { role right { ignore Ask } }".replace("ignore", "«ignore")),
    ("P113", BASE + "proposal Q extends Base { role «total { } }"),
    ("P113", BASE + "proposal Q extends Base { message Ask { «op: Op = 1 } }"),
    ("P113", BASE + "proposal Q(«n: 0..1 = 0) extends Base { }"),
    ("P101", BASE + "proposal Q extends Base(«m = 1) { }"),
    ("P312", BASE + "proposal Q extends Base(n = «1..2) { }"),
    ("P312", BASE + "proposal Q extends Base { replace var «twice: bool = true }"),
    ("P312", BASE + "proposal Q extends Base { remove action «total }"),
    ("P312", BASE + "proposal Q extends Base { remove never «Small }"),
    ("P312", BASE + "proposal Q extends Base { message Ask { «stamp: 0..3 } }"),
    ("P312", BASE + "proposal Q extends Base { role left[«Op] { } }"),
]


@pytest.mark.parametrize(("code", "text"), WRONG, ids=[f"{code}-{i}" for i, (code, _) in enumerate(WRONG)])
def test_wrong(code: str, text: str) -> None:
    check_marked(code, text)


def test_a_mistake_is_told_once_for_all_that_extend_it() -> None:
    text = (
        BASE + "proposal A extends Base { var «total: bool = true }\nproposal B extends A { }\nproposal C extends B { }"
    )
    check_marked("P113", text)


@pytest.mark.parametrize(
    ("text", "help"),
    [
        ("proposal Q extends Bse { }", "did you mean `Base`?"),
        ("proposal Q extends Base(nn = 1) { }", "did you mean `n`?"),
        ("proposal Q extends Base { replace def twise(): bool = true }", "did you mean `twice`?"),
        ("proposal Q extends Base { replace action go() { } }", "it stands in role `left`"),
        ("proposal Q extends Base { var total: 0..3 = 1 }", "`replace` puts another in its place"),
        ("proposal Q(n: 0..1 = 0) extends Base { }", "`extends Base(n = ...)`"),
        ("proposal Q extends Base { remove never Small }", "`remove always Small`"),
    ],
)
def test_help(text: str, help: str) -> None:
    (found,) = helps(BASE + text)
    assert help in found


def test_long_rings_are_told_shortly() -> None:
    text = "".join(f"proposal Q{i} extends Q{(i + 1) % 300} {{ }}\n" for i in range(300))
    (found,) = helps(text)
    assert len(found) < 200
    assert MARK not in found
