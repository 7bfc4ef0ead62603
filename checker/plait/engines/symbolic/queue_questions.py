"""What instances ask of queues, taken out: a question becomes a cell of its own, beyond those of the model."""

from __future__ import annotations

from typing import assert_never

from plait_spec.domains import Value
from plait_spec.ground import (
    AnyOrder,
    Assert,
    Block,
    CellValue,
    Command,
    Const,
    Empty,
    Enqueue,
    Expr,
    Ground,
    Has,
    If,
    InFlight,
    Instance,
    SetCell,
    SetOneOf,
    SetSlot,
)
from plait_spec.ground_walk import below
from plait_spec.record import record
from plait_spec.took import refold


@record
class Question:
    """Whether one of the queues holds such a message, or (`most` is positive) how many there are, up to that number."""

    queues: tuple[int, ...]
    channel: int
    message: int | None
    wanted: tuple[tuple[int, Value], ...]
    most: int


@record
class Rewritten:
    """An instance whose questions about queues are cells of their own, beyond those of the model."""

    guard: Expr
    before: Block
    body: Block
    after: Block
    source: Instance


class Rewriter:
    """Replaces what is asked of queues; `questions[i]` becomes the cell after so many others."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.questions: dict[Question, int] = {}

    def instance(self, instance: Instance) -> Rewritten:
        """All of it."""
        before, body, after = self.block(instance.before), self.block(instance.body), self.block(instance.after)
        return Rewritten(self.expr(instance.guard), before, body, after, instance)

    def block(self, block: Block) -> Block:
        """Every command of it."""
        return tuple(map(self.command, block))

    def command(self, command: Command) -> Command:
        """One command, and those inside it."""
        match command:
            case SetCell(cell, value):
                return SetCell(cell, self.expr(value))
            case SetOneOf(cells, keys, value):
                return SetOneOf(cells, keys, self.expr(value))
            case SetSlot(slot, value):
                return SetSlot(slot, self.expr(value))
            case Enqueue(queues, keys, channel, message, fields):
                return Enqueue(queues, keys, channel, message, self.expr(fields))
            case Empty():
                return command
            case Assert(condition, span):
                return Assert(self.expr(condition), span)
            case If(condition, yes, no):
                return If(self.expr(condition), self.block(yes), self.block(no))
            case AnyOrder(passes):
                return AnyOrder(tuple((self.expr(condition), self.block(body)) for condition, body in passes))
            case _:
                assert_never(command)

    def expr(self, expr: Expr) -> Expr:
        """An expression without such questions."""
        if not any(isinstance(part, Has | InFlight) for part in below(expr)):
            return expr
        match expr:
            case Has(queues, channel, message, fields):
                wanted = tuple((at, value.value) for at, value in fields if isinstance(value, Const))
                return self.asked(Question(queues, channel, message, wanted, 0))
            case InFlight(queues, channel):
                return self.asked(Question(queues, channel, None, (), sum(map(self.bound, queues))))
            case _:
                return refold(expr, self.expr)

    def asked(self, question: Question) -> Expr:
        """The cell that answers it."""
        return CellValue(len(self.ground.cells) + self.questions.setdefault(question, len(self.questions)))

    def bound(self, queue: int) -> int:
        """How many messages a queue can hold."""
        about = self.ground.cells[queue].queue
        assert about is not None
        return about.bound
