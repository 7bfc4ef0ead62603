"""Traces made by hand, one for each thing that a trace can have in it: what the reports of traces are tested on."""

from __future__ import annotations

from plait.trace import Broken, ChannelNote, Message, Step, Trace
from tests.checker.trace_parts import (
    AGENT1,
    AGENT2,
    ANSWERS,
    CALL,
    CALLS,
    DONE,
    DOWN,
    EVENTS,
    FRAMEWORK,
    KNOWN,
    LINK,
    LOSSY,
    MASTER,
    REGRESS,
    UP,
    VIEW,
    message,
    step,
    trace,
)

__all__ = ["ALL", "DONE", "VIEW", "trace"]  # with what other tests take from the parts


def overtaking() -> Trace:
    """The answer is sent before the update and arrives after it."""
    return trace(
        (
            step(1, FRAMEWORK, "ask(o1)", sent=(0,), reads=(VIEW,)),
            step(2, MASTER, "on Ask(o1)", received=0, sent=(1,), reads=(KNOWN,)),
            step(3, AGENT1, "finish(o1)", [(DONE, "false", "true")], environment=True, sent=(2,), reads=(DONE,)),
            step(4, MASTER, "on Update(o1, Finished)", [(KNOWN, "Pending", "Finished")], received=2, sent=(3,)),
            step(5, FRAMEWORK, "on Update(o1, Finished)", [(VIEW, "Pending", "Finished")], received=3),
            step(6, FRAMEWORK, "on Answer(o1, Pending)", [(VIEW, "Finished", "Pending")], received=1),
        ),
        (
            message(0, "calls", "Ask(o1)", CALL, (1, 2)),
            message(1, "answers", "Answer(o1, Pending)", DOWN, (2, 6)),
            message(2, "link", "Update(o1, Finished)", UP, (3, 4)),
            message(3, "events", "Update(o1, Finished)", DOWN, (4, 5)),
        ),
    )


def loss() -> Trace:
    """An update is lost by a step of the link alone, and another one is on its way at the end."""
    return trace(
        (
            step(1, AGENT1, "finish(o1)", [(DONE, "false", "true")], environment=True, sent=(0,)),
            step(2, None, "link.lose Update", kind="lose", environment=True, removed=(0,)),
            step(3, FRAMEWORK, "ask(o1)", sent=(1,)),
            step(4, MASTER, "on Ask(o1)", received=1, sent=(2,), reads=(KNOWN,)),
            step(5, AGENT1, "retry(o1)", sent=(3,)),
            step(6, FRAMEWORK, "on Answer(o1, Unknown)", [(VIEW, "Pending", "Unknown")], received=2),
        ),
        (
            message(0, "link", "Update(o1, Finished)", UP, (1, 2), "lost"),
            message(1, "calls", "Ask(o1)", CALL, (3, 4)),
            message(2, "answers", "Answer(o1, Unknown)", DOWN, (4, 6)),
            message(3, "link", "Update(o1, Finished)", UP, (5, None), "in flight"),
        ),
        channels=(CALLS, ANSWERS, LOSSY),
        goal="NoForgetting",
        kind="always",
        what="The framework never gives up an operation that is finished",
        broken=Broken(
            (("o", "o1"),),
            "agent[home[o]].done[o] implies framework.view[o] != Unknown",
            ((DONE, "true"), ("home[o1]", "a1"), (VIEW, "Unknown")),
        ),
    )


def duplicate() -> Trace:
    """An update is delivered twice."""
    return trace(
        (
            step(1, AGENT1, "finish(o1)", [(DONE, "false", "true")], environment=True, sent=(0,)),
            step(
                2,
                MASTER,
                "on Update(o1, Finished)",
                [(KNOWN, "Pending", "Finished"), ("master.count", "0", "1")],
                kind="duplicate",
                environment=True,
                received=0,
                sent=(1, 2),
            ),
            step(3, MASTER, "collect(o1)", [(KNOWN, "Finished", "Unknown")]),
            step(
                4, MASTER, "on Update(o1, Finished)", [("master.count", "1", "2")], received=1, reads=("master.count",)
            ),
        ),
        (
            message(0, "link", "Update(o1, Finished)", UP, (1, 2)),
            message(1, "link", "Update(o1, Finished)", UP, (1, 4), copy_of=0),
            message(2, "events", "Update(o1, Finished)", DOWN, (2, None), "in flight"),
        ),
        channels=(EVENTS, LOSSY),
        goal="Once",
        kind="always",
        what="No update is counted twice",
        broken=Broken((), "master.count <= 1", (("master.count", "2"),)),
    )


def link_break() -> Trace:
    """The link breaks and loses what it held in both directions."""
    return trace(
        (
            step(1, AGENT1, "finish(o1)", [(DONE, "false", "true")], environment=True, sent=(0, 1)),
            step(2, MASTER, "query(o1)", sent=(2,)),
            step(
                3,
                None,
                "link breaks",
                [("master.reg[a1]", "Registered", "Gone")],
                kind="break",
                environment=True,
                removed=(0, 1, 2),
                lanes=(AGENT1, MASTER),
            ),
            step(4, MASTER, "drop(o1)", [(KNOWN, "Pending", "Dropped")], sent=(3,), reads=("master.reg[a1]",)),
            step(5, FRAMEWORK, "on Update(o1, Dropped)", [(VIEW, "Pending", "Dropped")], received=3),
        ),
        (
            message(0, "link", "Progress(o1)", UP, (1, 3), "lost"),
            message(1, "link", "Update(o1, Finished)", UP, (1, 3), "lost"),
            message(2, "link", "Query(o1)", (MASTER, AGENT1), (2, 3), "lost"),
            message(3, "events", "Update(o1, Dropped)", DOWN, (4, 5)),
        ),
        channels=(EVENTS, LINK),
        goal="Truth",
        kind="always",
        what="What the framework records is what happened",
        proposal="Stamped",
        broken=Broken(
            (("o", "o1"),),
            "framework.view[o] == Dropped implies not agent[home[o]].done[o]",
            ((VIEW, "Dropped"), (DONE, "true")),
        ),
    )


def crash() -> Trace:
    """An agent crashes and restarts later; the master fails over in one step, which clears what it was sent."""
    return trace(
        (
            step(1, AGENT1, "finish(o1)", [(DONE, "false", "true")], environment=True, sent=(0,)),
            step(2, AGENT1, "crash", [("agent[a1].up", "true", "false")], kind="crash", environment=True),
            step(3, MASTER, "on Update(o1, Finished)", [(KNOWN, "Pending", "Finished")], received=0, sent=(1,)),
            step(4, FRAMEWORK, "ask(o1)", sent=(2,)),
            step(
                5,
                MASTER,
                "restart",
                [(KNOWN, "Finished", "Unknown"), ("master.epoch", "0", "1")],
                kind="restart",
                environment=True,
                removed=(2,),
            ),
            step(
                6, AGENT1, "restart", [("agent[a1].up", "false", "true")], kind="restart", environment=True, sent=(3,)
            ),
            step(7, FRAMEWORK, "on Update(o1, Finished)", [(VIEW, "Pending", "Finished")], received=1),
            step(8, FRAMEWORK, "ask(o1)", sent=(4,)),
            step(9, MASTER, "on Ask(o1)", received=4, sent=(5,), reads=(KNOWN,)),
            step(10, FRAMEWORK, "on Answer(o1, Unknown)", [(VIEW, "Finished", "Unknown")], received=5),
        ),
        (
            message(0, "link", "Update(o1, Finished)", UP, (1, 3)),
            message(1, "events", "Update(o1, Finished)", DOWN, (3, 7)),
            message(2, "calls", "Ask(o1)", CALL, (4, 5), "cleared"),
            message(3, "link", "Reregister(a1)", UP, (6, None), "in flight"),
            message(4, "calls", "Ask(o1)", CALL, (8, 9)),
            message(5, "answers", "Answer(o1, Unknown)", DOWN, (9, 10)),
        ),
        parameters=(("agents", "1"), ("ops", "1"), ("failovers", "1"), ("crashes", "1")),
        proposal="Synchronous",
        broken=Broken(REGRESS.binding, REGRESS.text, ((VIEW, "Finished"), (f"next({VIEW})", "Unknown"))),
    )


def in_flight() -> Trace:
    """Several messages are on their way when it happens, in both directions."""
    return trace(
        (
            step(1, FRAMEWORK, "ask(o1)", sent=(0,)),
            step(2, FRAMEWORK, "ask(o2)", sent=(1,)),
            step(3, MASTER, "announce", [("master.said", "false", "true")], sent=(2, 3, 4)),
        ),
        (
            message(0, "calls", "Ask(o1)", CALL, (1, None), "in flight"),
            message(1, "calls", "Ask(o2)", CALL, (2, None), "in flight"),
            message(2, "events", "Update(o1, Pending)", DOWN, (3, None), "in flight"),
            message(3, "events", "Update(o2, Pending)", DOWN, (3, None), "in flight"),
            message(4, "link", "Query(o1)", (MASTER, AGENT1), (3, None), "in flight"),
        ),
        goal="Said",
        kind="reachable",
        what="The master can speak before it is asked",
        broken=Broken((), "master.said", (("master.said", "true"),)),
    )


def lasso() -> Trace:
    """The framework asks for ever and is told nothing new."""
    return trace(
        (
            step(1, AGENT1, "finish(o1)", [(DONE, "false", "true")], environment=True, sent=(0,)),
            step(2, None, "link.lose Update", kind="lose", environment=True, removed=(0,)),
            step(3, FRAMEWORK, "ask(o1)", [("framework.asking", "false", "true")], sent=(1,)),
            step(4, MASTER, "on Ask(o1)", received=1, sent=(2,)),
            step(5, FRAMEWORK, "on Answer(o1, Pending)", [("framework.asking", "true", "false")], received=2),
        ),
        (
            message(0, "link", "Update(o1, Finished)", UP, (1, 2), "lost"),
            message(1, "calls", "Ask(o1)", CALL, (3, 4)),
            message(2, "answers", "Answer(o1, Pending)", DOWN, (4, 5)),
        ),
        goal="Told",
        kind="eventually",
        what="Whatever is done becomes known to the framework",
        channels=(CALLS, ANSWERS, LOSSY),
        loop=2,
        broken=Broken(
            (("o", "o1"),),
            "agent[home[o]].done[o] leads to framework.view[o] == Finished",
            ((DONE, "true"), (VIEW, "Pending")),
        ),
    )


def filter_lock() -> Trace:
    """A protocol without roles: top-level variables and actions only."""
    turns = [("p1", 1), ("p2", 1), ("p1", 2), ("p2", 2)]
    steps = [
        step(
            number,
            None,
            f"raise({process}, {level})",
            [
                (f"level[{process}]", str(level - 1), str(level)),
                (f"last[{level}]", "none" if process == "p1" else "p1", process),
            ],
        )
        for number, (process, level) in enumerate(turns, start=1)
    ]
    steps += [
        step(5, None, "enter(p1)", [("inside", "{}", "{p1}")]),
        step(6, None, "enter(p2)", [("inside", "{p1}", "{p1, p2}")]),
    ]
    return trace(
        tuple(steps),
        lanes=(),
        channels=(),
        protocol="FilterLock",
        parameters=(("n", "2"),),
        goal="Mutex",
        kind="always",
        what="Never two processes inside",
        broken=Broken((), "size(inside) <= 1", (("inside", "{p1, p2}"),)),
    )


def long_texts() -> Trace:
    """Labels and values that need several lines."""
    operations = ", ".join(f"o{number}" for number in range(1, 13))
    entries = ", ".join(f"o{number} -> Entry(status: Pending, stamp: {number})" for number in range(1, 9))
    return trace(
        (
            step(
                1,
                FRAMEWORK,
                f"reconcile({{{operations}}})",
                [("framework.asked", "{}", f"{{{operations}}}")],
                sent=(0,),
            ),
            step(
                2,
                MASTER,
                f"on ReconcileOperations({{{operations}}})",
                [("master.outstanding", "none", f"{{{entries}}}"), ("master.waiting", "{}", "{a1}")],
                received=0,
                sent=(1, 2),
            ),
            step(3, AGENT1, "on Query(o1)", received=1),
            step(
                4,
                FRAMEWORK,
                f"on OperationStatusesSnapshot({{{entries}}})",
                [("framework.aVeryLongNameOfAVariableThatNobodyWouldWrite[o1]", "Pending", "Finished")],
                received=2,
            ),
        ),
        (
            message(0, "calls", f"ReconcileOperations({{{operations}}})", CALL, (1, 2)),
            message(1, "link", "Query(o1)", (MASTER, AGENT1), (2, 3)),
            message(2, "answers", f"OperationStatusesSnapshot({{{entries}}})", DOWN, (2, 4)),
        ),
        what="A long sentence about what should hold, which no title could carry on one line, " * 3,
        goal="NobodyIsEverToldAnythingThatIsNotTrue",
    )


def two_agents() -> Trace:
    """The master asks two agents, and the messages of one cross the lane of the other."""
    return trace(
        (
            step(1, FRAMEWORK, "ask()", sent=(0,)),
            step(2, MASTER, "on Ask", [("master.wait", "{}", "{a1, a2}")], received=0, sent=(1, 2)),
            step(3, AGENT2, "on Query", received=2, sent=(3,)),
            step(4, AGENT2, "finish(o2)", [("agent[a2].done[o2]", "false", "true")], environment=True, sent=(4,)),
            step(5, AGENT1, "on Query", received=1, sent=(5,)),
            step(6, MASTER, "on Reply(o2, Pending)", [("master.wait", "{a1, a2}", "{a1}")], received=3),
            step(7, MASTER, "on Update(o2, Finished)", received=4, sent=(6,)),
            step(8, FRAMEWORK, "on Update(o2, Finished)", [("framework.view[o2]", "Pending", "Finished")], received=6),
            step(9, MASTER, "on Reply(o1, Pending)", [("master.wait", "{a1}", "{}")], received=5, sent=(7,)),
            step(
                10,
                FRAMEWORK,
                "on Bundle(Pending, Pending)",
                [("framework.view[o2]", "Finished", "Pending")],
                received=7,
            ),
        ),
        (
            message(0, "calls", "Ask", CALL, (1, 2)),
            message(1, "link", "Query", (MASTER, AGENT1), (2, 5)),
            message(2, "link", "Query", (MASTER, AGENT2), (2, 3)),
            message(3, "link", "Reply(o2, Pending)", (AGENT2, MASTER), (3, 6)),
            message(4, "link", "Update(o2, Finished)", (AGENT2, MASTER), (4, 7)),
            message(5, "link", "Reply(o1, Pending)", UP, (5, 9)),
            message(6, "events", "Update(o2, Finished)", DOWN, (7, 8)),
            message(7, "answers", "Bundle(Pending, Pending)", DOWN, (9, 10)),
        ),
        lanes=(FRAMEWORK, MASTER, AGENT1, AGENT2, "agent[a3]"),
        parameters=(("agents", "2"), ("ops", "2")),
        proposal="II (b)",
        broken=Broken(
            (("o", "o2"),),
            REGRESS.text,
            (("framework.view[o2]", "Finished"), ("next(framework.view[o2])", "Pending")),
        ),
    )


def long_run() -> Trace:
    """Twenty-five steps: the framework asks again and again, with answers two asks late; every third is a tick."""
    steps: list[Step] = []
    messages: list[Message] = []
    for turn in range(5):
        first = 5 * turn + 1
        operation = f"o{turn + 1}"
        ask, answer, update = range(3 * turn, 3 * turn + 3)
        late = first + 7 if turn < 4 else None
        messages += [
            message(ask, "calls", f"Ask({operation})", CALL, (first, first + 1)),
            message(
                answer,
                "answers",
                f"Answer({operation}, Pending)",
                DOWN,
                (first + 1, late),
                "delivered" if late else "in flight",
            ),
            message(update, "link", f"Update({operation}, Finished)", UP, (first + 3, first + 4)),
        ]
        receive = (
            step(
                first + 2,
                FRAMEWORK,
                f"on Answer(o{turn}, Pending)",
                [(f"framework.view[o{turn}]", "Unknown", "Pending")],
                received=answer - 3,
            )
            if turn
            else step(first + 2, None, "tick", [("now", "0", "1")], environment=True)
        )
        steps += [
            step(first, FRAMEWORK, f"ask({operation})", sent=(ask,)),
            step(first + 1, MASTER, f"on Ask({operation})", received=ask, sent=(answer,)),
            receive,
            step(first + 3, AGENT1, f"finish({operation})", environment=True, sent=(update,)),
            step(
                first + 4,
                MASTER,
                f"on Update({operation}, Finished)",
                [(f"master.known[{operation}]", "Unknown", "Finished")],
                received=update,
            ),
        ]
    return trace(
        tuple(steps),
        tuple(messages),
        shortest=False,
        goal="Bounded",
        kind="always",
        what="The master keeps at most four entries",
        broken=Broken((), "count o: Op. master.known[o] != Unknown <= 4", (("master.known[o5]", "Finished"),)),
    )


HOSTILE = '<b>&"\n\\N &lt; \x00 ∀é'


def hostile() -> Trace:
    """Names and values full of what the languages of pictures take for their own."""
    lane = f"role[{HOSTILE}]"
    return trace(
        (
            step(1, lane, f"say({HOSTILE})", [(f"{HOSTILE}.x", HOSTILE, "\\l\\r\\G")], sent=(0,)),
            step(2, "B", f"on {HOSTILE}", [("\\", "]]>", "-->")], received=0),
            step(3, None, "\\N", environment=True),
        ),
        (message(0, HOSTILE, f"{HOSTILE}(%s, </text>)", (lane, "B"), (1, 2)),),
        lanes=(lane, "B"),
        channels=(ChannelNote(HOSTILE, f"{HOSTILE}: a -> b"),),
        goal=HOSTILE,
        what=HOSTILE,
        protocol=HOSTILE,
        proposal='"]; evil [label="',
        parameters=((HOSTILE, HOSTILE),),
        broken=Broken(((HOSTILE, HOSTILE),), HOSTILE, (("\\", "-->"),)),
    )


def to_itself() -> Trace:
    """A role that sends messages to itself, and one message that was there from the start."""
    own = (MASTER, MASTER)
    return trace(
        (
            step(1, MASTER, "start", sent=(0, 1)),
            step(2, FRAMEWORK, "on Hello", received=3),
            step(3, MASTER, "on Timer(1)", [("master.timers", "2", "1")], received=0),
            step(4, None, "timers.lose Timer", kind="lose", removed=(1,)),
            step(5, MASTER, "again", sent=(2,)),
        ),
        (
            message(0, "timers", "Timer(1)", own, (1, 3)),
            message(1, "timers", "Timer(2)", own, (1, 4), "lost"),
            message(2, "timers", "Timer(3)", own, (5, None), "in flight"),
            message(3, "events", "Hello", DOWN, (0, 2)),
        ),
        channels=(ChannelNote("timers", "timers: master -> master, unordered, may lose 1"),),
        goal="P501",
        kind="error",
        what="A value outside its type",
        broken=Broken((), "master.timers becomes -1, which is not in 0..4", (("master.timers", "1"),)),
    )


def at_the_start() -> Trace:
    """Broken before anything happens."""
    return trace((), (), kind="always", broken=Broken((), "master.known[o1] == Unknown", ((KNOWN, "Pending"),)))


ALL = {
    maker.__name__: maker
    for maker in (
        overtaking,
        loss,
        duplicate,
        link_break,
        crash,
        in_flight,
        lasso,
        filter_lock,
        long_texts,
        two_agents,
        long_run,
        hostile,
        to_itself,
        at_the_start,
    )
}
