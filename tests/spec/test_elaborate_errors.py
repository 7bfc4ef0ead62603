"""Expressions and bodies that are wrong, each at its place, and loops over identities whose order may matter."""

import pytest

from tests.spec.elaborating import PEERS, P, check_marked, errors, helps

# ---- loops over identities

FINE = [
    "for q: Op { view[q] = Done  if view[q] == none { view[q] = Lost } }",
    "for q: Op where view[q] == none { done += {q} }",
    "for q in done { done -= {q} }",
    "for q: Op { if view[q] == none { done += {q} } else { done -= {q} } }",
    "for q: Op { let r = q  view[r] = Done }",
    "for q: Op { for j: Level { table[q] = j } }",
    "for q: Op { for i: 0..3 { view[q] = Lost } }",
    "for i: 0..3 { total = i }",
    "for q: Op, r: Op { both[q][r] = view[q] == view[r] }",
    "for q: Op { assert view[q] == none }",
    "for q: Op { wipe(q) }",
    "unordered for q: Op { best = q }",
]
REFUSED = [
    "for q: Op { «best = q }",
    "for q: Op { «view[o] = Done }",
    "for q: Op { «total += 1 }",
    "for q: Op { view[q] = «view[o] }",
    "for q: Op { done += {q}  if q in «done { } }",
    "for q: Op { «done += {o}  done -= {q} }",
    "for q: Op { both[q][o] = true  «both[o][q] = true }".replace("both[q][o]", "«both[q][o]").replace(
        "«both[o]", "both[o]"
    ),
    "for q: Op, r: Op { «view[q] = Done }",
    "for q: Op { «done = done + {q} + done }",
    "for q: Op { for r: Op { «view[r] = Done } }",
    "for q: Pair { «best = q.op }",
    "for q: Op, r: Op { «done += {q, r}  done -= {q} }",
]
LOOPS = f"""{P}type Level = 0..2
var table: Op -> Level = 0
var both: Op -> Op -> bool = false
def wipe(q: Op) {{ view[q] = none }}
"""


@pytest.mark.parametrize("text", FINE)
def test_passes_that_do_not_interfere(text: str) -> None:
    assert errors(f"{LOOPS}action a(o: Op) {{ {text} }}") == []


@pytest.mark.parametrize("text", REFUSED)
def test_passes_that_may_interfere(text: str) -> None:
    found = errors(f"{LOOPS}action a(o: Op) {{ {text.replace('«', '')} }}")
    assert {code for code, _, _ in found} == {"P308"}
    assert found[0][2] == len("action a(o: Op) { ") + text.index("«") + 1


@pytest.mark.parametrize(
    ("text", "fine"),
    [
        ("for a: Agent { send Ping() via link to a }", True),
        ("for a: Agent { if not link[a] has Ping { send Ping() via link to a } }", True),
        ("for a: Agent { clear link[a]  send Ping() via link to a }", True),
        ("for a: Agent { clear link  send Ping() via link to a }", False),
        ("for a: Agent { clear link }", True),
        ("for a: Agent { clear link  assert not link[a] has Ping }", False),
        ("for a: Agent where link[a] has Ping { clear link[a] }", True),
        ("for a: Agent { if size(link) == 0 { send Ping() via link to a } }", False),
        ("for o: Op { send Ping() via link to home[o] }", False),
        ("for o: Op { unordered for p: Op { send Ping() via link to home[o] } }", False),
    ],
)
def test_sends_in_loops(text: str, fine: bool) -> None:
    text = P.replace("role master {", f"role master {{ action a() {{ {text} }}")
    assert [code for code, _, _ in errors(text)] == ([] if fine else ["P308"])


def test_both_ends_of_a_queue_may_be_of_one_family() -> None:
    for test, expected in (("ring[other][self]", ["P308"]), ("ring[self][other]", [])):
        act = f"action c() {{ for other: Node {{ if {test} has Ping {{ send Ping() via ring to other }} }} }}"
        assert [
            code for code, _, _ in errors(PEERS.replace("on Ping() { }\n}", f"on Ping() {{ }} {act}\n}}"))
        ] == expected


def test_a_bag_has_no_order() -> None:
    for channel, expected in (("bag", []), ("link", ["P308"])):
        act = f"action a() {{ for o: Op {{ send Ask(op: o) via {channel} }} }}"
        assert [code for code, _, _ in errors(P.replace("on Ping() { }", f"on Ping() {{ }} {act}"))] == expected


# ---- what is wrong

A = "action act(o: Op, a: Agent) { "
WRONG = [
    ("P101", "always A: «nothing > 1"),
    ("P101", "always A: «f(1)"),
    ("P101", "always A: master.«book > 1"),
    ("P101", "always A: master.«f(1)"),
    ("P101", "always A: Health.«Upp == health"),
    ("P101", "always A: link has «Pong"),
    ("P101", "always A: «total has Ping"),
    ("P101", "always A: link.«stall"),
    ("P101", "always A: master.on «Pong"),
    ("P101", A + "«tot = 1 }"),
    ("P101", A + "«perform(1) }"),
    ("P101", A + "clear «lnk }"),
    ("P101", A + "master.«book = 1 }"),
    ("P103", "always A: «master == 1"),
    ("P103", "always A: «link == 1"),
    ("P103", "always A: «Pair == 1"),
    ("P103", "always A: «Ask(op: 1) == 1"),
    ("P103", "always A: «total(1)"),
    ("P103", "always A: all a: Agent. «node[a] == a"),
    ("P103", "def f(): bool = true\nalways A: «f"),
    ("P103", "def f(k: bool): bool = «k()"),
    ("P103", "def f() { }\nalways A: «f()"),
    ("P103", "def f(): bool = true\n" + A + "«f() }"),
    ("P103", "action b() { }\n" + A + "«b() }"),
    ("P103", "always A: «total.on Ping"),
    ("P103", "always A: («total)(1)"),
    ("P104", A + "let x = «Lost }"),
    ("P105", "always A: pair.«opp == best"),
    ("P105", "always A: total.«op == best"),
    ("P105", "always A: link has Ask(«o: best)"),
    ("P105", A + "pair = Pair(«o: o) }"),
    ("P105", A + "pair.«o = o }"),
    ("P106", "always A: «master.crash"),
    ("P106", "always A: «link.lose"),
    ("P106", "always A: master.on «Ping"),
    ("P201", "always A: «total"),
    ("P201", "always A: «best == 1"),
    ("P201", "always A: «health == none"),
    ("P201", "always A: all o: Op. «view[o] == Up"),
    ("P201", "always A: «1 in done"),
    ("P201", "always A: all a: Agent. view[«a] == none"),
    ("P201", "always A: {best, «1} == done"),
    ("P201", "always A: («if loud then 1 else Up) == 1"),
    ("P201", A + "total = «o }"),
    ("P201", A + "total = «none }"),
    ("P201", A + "total = «{} }"),
    ("P201", A + "done = {«a} }"),
    ("P201", "var x: Op = «Done"),
    ("P201", "def f(): bool = «1"),
    ("P202", A + "let x = «none }"),
    ("P202", A + "let x = «{} }"),
    ("P202", A + "let x = «{1, 2} }"),
    ("P202", "always A: «none == none"),
    ("P202", "always A: size(«{}) == 0"),
    ("P203", "always A: all o: Op. «o < «o"),
    ("P203", "always A: «done <= «done"),
    ("P203", "always A: -«done == 1"),
    ("P203", "always A: «done + total == total"),
    ("P203", "always A: «path - path == path"),
    ("P203", "always A: max(«health, 1) == 1"),
    ("P203", "always A: 1 in «path"),
    ("P203", "always A: size(«total) == 1"),
    ("P203", "always A: first(«done) == best"),
    ("P203", "always A: «total[1] == 1"),
    ("P203", "always A: all x in «total. true"),
    ("P203", "always A: { o: Op, «p: Op } == done"),
    ("P203", "always A: { «o in done -> 1 } == 1"),
    ("P203", A + "total[«1] = 1 }"),
    ("P204", "always A: all o: Op. «master.lead(o)"),
    ("P204", "always A: all o: Op. master.lead(o, 1, «2)"),
    ("P204", "always A: all o: Op. master.lead(«x: o)"),
    ("P204", "always A: master.on Ask(«best)"),
    ("P204", "always A: link has Ask(«best)"),
    ("P204", "always A: «size() == 1"),
    ("P204", "always A: «max(1) == 1"),
    ("P204", "always A: size(«x: done) == 1"),
    ("P204", "always A: link has Ask(op: best, «op: best)"),
    ("P204", A + "pair = Pair(«o) }"),
    ("P204", A + "pair = «Pair() }"),
    ("P204", A + "pair = Pair(op: o, «op: o) }"),
    ("P204", "def f(x: bool) { }\n" + A + "«f() }"),
    ("P204", "def f(x: bool) { }\n" + A + "f(true, «x: true) }"),
    ("P205", "always A: { s: «Pair -> 1 } == 1"),
    ("P302", "def «f(o: Op): bool = g(o)\ndef g(o: Op): bool = h(o) and f(o)\ndef h(o: Op): bool = f(o)"),
    ("P302", "def «f() { f() }"),
    ("P304", A + "«o = o }"),
    ("P304", A + "«n = 1 }"),
    ("P304", A + "«home[o] = a }"),
    ("P304", A + "«master.books = 1 }"),
    ("P304", A + "let x = total  «x = 1 }"),
    ("P305", A + "if «seen == {} { } }"),
    ("P305", "def f(): bool = «seen == {}\n" + A + "assert f() }"),
    ("P305", "var x: 0..3 = «total"),
    ("P305", "constant early: Agent -> bool = «late\nconstant late: Agent -> bool = any"),
    ("P305", "var x: 0..3 = «size(link)"),
    ("P305", "type R = { x: 0..3 = «total }\nalways A: R() == R()"),
    ("P306", A + "assert «master.restart }"),
    ("P306", A + "assert «once loud }"),
    ("P306", "always A: «next(loud)"),
    ("P306", "step A: next(«next(loud))"),
    ("P306", "step A: once «next(loud)"),
    ("P306", "step A: next(«once loud)"),
    ("P306", "step A: next(«master.restart)"),
    ("P306", "always A: «loud leads to loud"),
    ("P306", "always A: «eventually loud"),
    ("P306", "eventually A: once «always loud"),
    ("P306", "def f(): bool = «once loud\n" + A + "assert f() }"),
    ("P307", A + "total = 1  «choose p: Op }"),
    ("P307", A + "if loud { «choose p: Op } }"),
    ("P307", "def pick() { «choose p: Op }\n" + A + "total = 1  pick() }"),
    ("P308", A + "for p: Op { «best = p } }"),
    ("P309", A + "«send Ping() via link }"),
    ("P310", "always A: «node.here"),
    ("P310", "always A: master[«1].books == 1"),
    ("P310", "always A: link[«self] has Ping"),
    ("P310", "always A: link[home[best]][«best] has Ping"),
    ("P311", "always A: «inherited()"),
    ("P311", A + "«inherited() }"),
]


@pytest.mark.parametrize(("code", "text"), WRONG, ids=[f"{code}-{i}" for i, (code, _) in enumerate(WRONG)])
def test_wrong(code: str, text: str) -> None:
    check_marked(code, P + text)


IN_ROLES = [
    ("P304", "node", "«node[x].here = true"),
    ("P304", "node", "«master.books = 1"),
    ("P309", "master", "send Ping() via «bag to x"),
    ("P309", "node", "«send Ask(op: o)"),
    ("P101", "node", "send «Pong() via link"),
    ("P101", "node", "send Ping() via «lnk"),
    ("P105", "node", "send Ask(op: o, «x: 1) via link"),
    ("P204", "node", "«send Ask() via link"),
    ("P204", "node", "send Ask(«o) via link"),
    ("P310", "master", "«send Ping() via link"),
    ("P310", "node", "send Ping() via link to «x"),
    ("P310", "node", "assert «node.here"),
    ("P201", "master", "send Ping() via link to «o"),
]


@pytest.mark.parametrize(("code", "role", "text"), IN_ROLES)
def test_wrong_in_roles(code: str, role: str, text: str) -> None:
    action = f" action act(o: Op, x: Agent) {{ {text} }} "
    opening = "role node[Agent] {" if role == "node" else "role master {"
    check_marked(code, P.replace(opening, opening + action))


PROPOSALS = [
    ("P311", "replace var pair: Pair = «inherited()"),
    ("P311", "replace def ready() { assert «inherited() }"),
    ("P204", "role master { replace on Ask(a) { «inherited() } }"),
    ("P204", "role master { replace on Ask(a) { inherited(a, «a) } }"),
]


@pytest.mark.parametrize(("code", "text"), PROPOSALS)
def test_wrong_in_proposals(code: str, text: str) -> None:
    check_marked(code, f"{P}def ready() {{ }}\nproposal Q extends P {{ {text} }}")


@pytest.mark.parametrize(
    ("text", "help"),
    [
        ("always A: totl > 1", "did you mean `total`?"),
        ("always A: master.book > 1", "did you mean `books`?"),
        ("always A: pair.opp == best", "did you mean `op`?"),
        ("always A: link has Pong", "did you mean `Ping`?"),
        (A + "let x = Lost }", "write `Status.Lost` or `Health.Lost`"),
        (A + "for p: Op { best = p } }", "`unordered for`"),
        ("always A: node.here", "write `node[...]`"),
        ("def f(): bool = f()", "`f` -> `f`"),
        (A + "total = none }", "only a `0..3?` may be `none`"),
    ],
)
def test_help(text: str, help: str) -> None:
    assert any(help in found for found in helps(P + text)), helps(P + text)


def test_one_cause_gives_one_error() -> None:
    for text in ("always A: (nothing + 1 in done) == (nothing2 and size(f(x: nothing3)) > 1)",):
        assert {code for code, _, _ in errors(P + text)} == {"P101"}
    assert len(errors(P + "def f(): bool = nothing\nalways A: f() and f()\nalways B: f()")) == 1
    assert len(errors(P + "var wrong: Nothing = 1\nalways A: wrong == 1 and wrong[2] in wrong and -wrong > 2")) == 1


def test_definitions_that_nobody_calls_are_checked() -> None:
    check_marked("P101", P + "def f(): bool = «nothing\ndef g() { «nobody = 1 }")
    assert errors(P + "def f(): bool = once master.restart and seen == {}") == []
