"""Scenarios: all that they name is there and has the right type, in everything that they run in."""

from pathlib import Path

import pytest

from plait_spec import load
from plait_spec.diagnostics import Diagnostic, SpecError
from tests.spec.elaborating import MARK, marked

BASE = """protocol P(n: 1..3 = 2, loud: bool = true)
ids Op[n]
ids Agent[n]
enum Status { Idle, Done }
constant home: Op -> Agent = any
var total: 0..3 = 0
message Ask { op: Op, status: Status }
message Answer { op: Op }
message Unheard
channel calls: client -> server { may lose 1 }
channel answers: server -> client { ordered }
channel link: agent <-> server { may break 1 }
channel grid: agent -> other { may break 1 }
role client {
  var view: Op -> Status = Idle
  action ask(o: Op, s: Status) { send Ask(op: o, status: s) via calls }
  action wait() { }
  on Answer(a) { view[a.op] = Done }
}
role server { may restart 1  on Ask(q) { send Answer(op: q.op) via answers }  on Answer(a) via link { } }
role agent[Agent] {
  may crash n
  action finish(o: Op) when home[o] == self { send Answer(op: o) via link }
  ignore Unheard
}
role other[Op] { ignore Unheard }
action tick(k: 0..3) { total = k }
always A: true
"""


def found(text: str, folder: Path) -> tuple[Diagnostic, ...]:
    """What is wrong with a text."""
    file = folder / "scenarios.plait"
    file.write_text(text, encoding="utf-8")
    try:
        load(file)
    except SpecError as error:
        return error.diagnostics
    return ()


FINE = [
    "scenario S for P { }",
    "scenario S for P(n = 1, loud = false) with (o: Op, p: Op) where o != p and home[o] != home[p] { }",
    "scenario S for P with (o: Op) where client.view[o] == Idle { do client.ask(o, Idle) }",
    "scenario S for P with (o: Op) { do client.ask(s: Idle, o: o)  do client.wait  do client.wait() }",
    "scenario S for P with (o: Op) { do agent[home[o]].finish(o)  do tick(total + 1) }",
    "scenario S for P with (o: Op) { deliver Ask  deliver Ask(op: o)  deliver Ask(status: Done, op: o) via calls }",
    "scenario S for P with (o: Op) { deliver Answer from agent[home[o]]  deliver Answer from agent to server }",
    "scenario S for P with (o: Op) { deliver Unheard to agent  deliver Unheard to other[o] }",
    "scenario S for P { deliver all  deliver all to client  deliver all via link from server }",
    "scenario S for P with (o: Op) { lose Ask  lose Ask(op: o) via calls  lose Ask from client to server }",
    "scenario S for P with (a: Agent) { crash agent[a]  restart agent[a]  restart server  break link[a] }",
    "scenario S for P with (o: Op) { expect client.view[o] == Idle  show client.view[o]  show total + 1 }",
    "scenario S for P with (o: Op) { expect once client.ask(o: o)  show previously total == 1 }",
    "scenario S for P with (o: Op) { expect calls has Ask(op: o) and size(answers) == 0 }",
]
WRONG = [
    ("P101", "scenario S for P(«m = 1) { }"),
    ("P102", "scenario S for P(n = 1, «n = 2) { }"),
    ("P201", "scenario S for P(n = «true) { }"),
    ("P201", "scenario S for P(n = «1..2) { }"),
    ("P305", "scenario S for P(n = «n) { }"),
    ("P101", "scenario S for P with (o: «Opp) { }"),
    ("P102", "scenario S for P with (o: Op, «o: Op) { }"),
    ("P201", "scenario S for P with (o: Op) where «o { }"),
    ("P101", "scenario S for P where «o == «o { }"),
    ("P101", "scenario S for P { do client.«aks }"),
    ("P101", "scenario S for P { do «wait }"),
    ("P101", "scenario S for P { do «clint.wait }"),
    ("P101", "scenario S for P with (o: Op) { do «o.wait }"),
    ("P103", "scenario S for P { do «client.on Answer }"),
    ("P103", "scenario S for P { do «3 }"),
    ("P103", "scenario S for P { do («1 + 2).wait }"),
    ("P103", "scenario S for P { do server.«restart }"),
    ("P204", "scenario S for P with (o: Op) { do «client.ask(o) }"),
    ("P204", "scenario S for P { do «client.ask }"),
    ("P204", "scenario S for P { do client.wait(«1) }"),
    ("P201", "scenario S for P { do tick(«true) }"),
    ("P201", "scenario S for P with (o: Op) { do client.ask(o, «o) }"),
    ("P310", "scenario S for P with (o: Op) { do «agent.finish(o) }"),
    ("P310", "scenario S for P { do client[«1].wait }"),
    ("P201", "scenario S for P with (o: Op) { do agent[«o].finish(o) }"),
    ("P101", "scenario S for P { deliver «Asked }"),
    ("P105", "scenario S for P { deliver Ask(«opp: 1) }"),
    ("P201", "scenario S for P { deliver Ask(status: «1) }"),
    ("P204", "scenario S for P with (o: Op) { deliver Ask(«o) }"),
    ("P101", "scenario S for P { deliver Ask via «call }"),
    ("P309", "scenario S for P { deliver Answer via «answers to server }"),
    ("P309", "scenario S for P { «deliver all from client to agent }"),
    ("P101", "scenario S for P { deliver all to «clients }"),
    ("P103", "scenario S for P { deliver all to «1 }"),
    ("P201", "scenario S for P with (o: Op) { deliver all to agent[«o] }"),
    ("P106", "scenario S for P { deliver «Ask to client }"),
    ("P106", "scenario S for P { deliver «Unheard via link to server }"),
    ("P101", "scenario S for P { lose «Asked }"),
    ("P106", "scenario S for P { «lose Answer via answers }"),
    ("P106", "scenario S for P { «lose Answer to client }"),
    ("P106", "scenario S for P { crash «server }"),
    ("P106", "scenario S for P { crash «client  restart «client }"),
    ("P310", "scenario S for P { crash «agent }"),
    ("P101", "scenario S for P { crash «nobody }"),
    ("P201", "scenario S for P with (o: Op) { crash agent[«o] }"),
    ("P101", "scenario S for P { break «links }"),
    ("P103", "scenario S for P { break «1 }"),
    ("P106", "scenario S for P { break «calls }"),
    ("P310", "scenario S for P { break «link }"),
    ("P201", "scenario S for P with (o: Op) { break link[«o] }"),
    ("P201", "scenario S for P { expect «total }"),
    ("P101", "scenario S for P { show «totl }"),
    ("P306", "scenario S for P { show «next(total) }"),
    ("P110", "scenario S for «Q { }"),
]


@pytest.mark.parametrize("text", FINE)
def test_what_a_scenario_may_say(text: str, tmp_path: Path) -> None:
    assert found(BASE + text, tmp_path) == ()


@pytest.mark.parametrize(("code", "text"), WRONG)
def test_every_mistake_at_its_place(code: str, text: str, tmp_path: Path) -> None:
    clean, places = marked(BASE + text)
    wrong = [(each.code.id, each.span.line, each.span.column) for each in found(clean, tmp_path)]
    assert wrong == [(code, line, column) for line, column in places]


@pytest.mark.parametrize(
    ("text", "help"),
    [
        ("do client.aks(o, Idle)", "did you mean `ask`?"),
        ("do ask(o, Idle)", "write `client.ask`"),
        ("do clint.wait", "did you mean `client`?"),
        ("do client.on Answer(op: o)", "write `deliver Answer`"),
        ("do server.restart", "write `restart server`"),
        ("deliver Answr", "did you mean `Answer`?"),
        ("deliver all via cals", "did you mean `calls`?"),
        ("break link", "write `link[...]`"),
        ("break grid[o]", "write `grid[...][...]`"),
    ],
)
def test_help(text: str, help: str, tmp_path: Path) -> None:
    assert found(f"{BASE}scenario S for P with (o: Op) {{ {text} }}", tmp_path)[0].help == help


def test_the_protocol_of_a_scenario_is_suggested(tmp_path: Path) -> None:
    [wrong] = found("protocol Peers\nvar x: bool = true\nscenario S for Peer { }", tmp_path)
    assert (wrong.message, wrong.help) == ("there is no protocol or proposal `Peer`", "did you mean `Peers`?")


# ---- proposals

ABSTRACT = """abstract protocol Base
role left { var x: 0..1 = 0 }
role right { }
channel link: left -> right
message Ping
"""
FULL = "role left { action go() { send Ping() } }  role right { on Ping() { } }"


def test_proposals_may_bring_what_scenarios_of_an_abstract_protocol_name(tmp_path: Path) -> None:
    scenario = "scenario S for Base { do left.go  deliver Ping to right  lose Ping  crash left  break link }\n"
    faults = "replace channel link: left -> right { may lose, may break }  role left { may crash 1 }"
    assert found(f"{ABSTRACT}proposal A extends Base {{ {FULL} {faults} }}\n{scenario}", tmp_path) == ()


def test_a_proposal_that_does_not_bring_it_is_named_once(tmp_path: Path) -> None:
    text = (
        f"{ABSTRACT}proposal A extends Base {{ {FULL} }}\nproposal «B extends Base {{ }}\n"
        "proposal C extends Base { }\n"
        "scenario S for Base { do left.«go }\n"
    )
    clean, places = marked(text)
    [wrong] = found(clean, tmp_path)
    assert (wrong.code.id, wrong.span.line, wrong.span.column) == ("P101", *places[1])
    [note] = wrong.notes
    assert (note.text, note.span.line, note.span.column) == ("in this proposal", *places[0])


def test_names_of_an_abstract_protocol_are_typed_there(tmp_path: Path) -> None:
    text = f"{ABSTRACT}scenario S for Base {{ do left.go  show «left.x == true }}"
    clean, places = marked(text)
    [wrong] = found(clean, tmp_path)
    assert (wrong.span.line, wrong.span.column, wrong.notes) == (*places[0], ())


def test_a_scenario_of_a_proposal_knows_what_the_proposal_adds(tmp_path: Path) -> None:
    text = f"{ABSTRACT}proposal A(k: 0..1 = 0) extends Base {{ {FULL} }}\nscenario S for A(k = 1) {{ do left.go }}"
    assert found(text, tmp_path) == ()
    [wrong] = found(text.replace("for A", "for Base") + "\n", tmp_path)
    assert (wrong.code.id, wrong.message, wrong.notes) == ("P101", "there is no parameter `k`", ())
    assert MARK not in text
