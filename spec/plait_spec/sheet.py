"""The declarations of a protocol, one after the other, while proposals add to them, replace and remove.

`Sheet.put` takes an item as it is written; `Sheet.declarations` are what then stands there. Items that cannot stand
where they are written are reported here, because only here is it still known where that was.
"""

from __future__ import annotations

from dataclasses import replace

from plait_spec import syntax
from plait_spec.declarations import (
    IN_ROLES,
    REPLACEABLE,
    Declaration,
    Key,
    Placed,
    event_key,
    event_text,
    key,
    kind_of,
    place_of,
    title,
)
from plait_spec.diagnostics import Code, Label, Sink
from plait_spec.source import Span
from plait_spec.suggest import did_you_mean

_NAMED = ("var", "constant", "action", "channel", "def")


class Sheet:
    """What stands there, beginning with what is inherited; `changes`: whether there is anything to change."""

    def __init__(self, inherited: tuple[Placed, ...], sink: Sink, *, changes: bool) -> None:
        self.sink, self.changes = sink, changes
        self.lines: list[Placed | None] = list(inherited)
        self.inherited = len(inherited)
        self.index: dict[tuple[str | None, Key], int] = {}
        for at, line in enumerate(inherited):
            self.index.setdefault((line.role, key(line.item)), at)

    @property
    def declarations(self) -> tuple[Placed, ...]:
        """What stands there now."""
        return tuple(line for line in self.lines if line is not None)

    def put(self, item: syntax.Item, role: str | None) -> None:
        """Read one item, written in a role or at the top level."""
        match item:
            case syntax.Expect():
                self.misplaced(item.span, "an expectation stands at the top level of its protocol or proposal")
            case syntax.Replace():
                self.replace(item, role)
            case syntax.Remove() | syntax.RemoveHandler():
                self.remove(item, role)
            case syntax.Role():
                self.role(item, role)
            case syntax.Var() | syntax.Constant():
                for one in _each(item):
                    self.add(one, role)
            case syntax.Message() if role is None and (at := self.find(("message", item.name.text), None)) is not None:
                self.message(item, at)
            case _:
                self.add(item, role)

    def add(self, item: Declaration, role: str | None) -> None:
        """One more declaration."""
        if role is None and isinstance(item, syntax.Handler | syntax.May | syntax.Ignore):
            self.misplaced(place_of(item), f"{title(item)} stands inside a role")
            return
        if role is not None and not isinstance(item, IN_ROLES):
            self.misplaced(place_of(item), f"{title(item)} stands at the top level, outside roles")
            return
        at = self.find(key(item), role)
        if at is not None and at < self.inherited:
            self.already(item, at, role)
        else:
            self.append(Placed(item, role))

    def role(self, item: syntax.Role, outer: str | None) -> None:
        """A role, new or reopened, with its items."""
        if outer is not None:
            self.misplaced(item.name.span, "a role stands at the top level, outside roles")
            return
        at = self.find(("name", item.name.text), None)
        there = None if at is None or at >= self.inherited else self.lines[at]
        if there is None:
            self.append(Placed(replace(item, items=()), None))
        elif not isinstance(there.item, syntax.Role):
            self.already(item, self.lines.index(there), None)
            return
        elif item.index is not None and item.index != there.item.index:
            note = (Label(there.item.name.span, "declared here"),)
            message = f"role `{item.name.text}` cannot become a family over `{item.index.text}`"
            help = f"`role {item.name.text} {{ ... }}` adds to it"
            self.sink.error(Code.BAD_CHANGE, item.index.span, message, notes=note, help=help)
        for part in item.items:
            self.put(part, item.name.text)

    def message(self, item: syntax.Message, at: int) -> None:
        """Fields for a message that is there."""
        there = self.lines[at]
        if there is None or not isinstance(there.item, syntax.Message) or at >= self.inherited:
            self.append(Placed(item, None))
            return
        old = {field.name.text: field for field in there.item.fields}
        for new in item.fields:
            if new.name.text in old:
                note = (Label(old[new.name.text].name.span, "declared here"),)
                message = f"message `{item.name.text}` has a field `{new.name.text}` already"
                self.sink.error(Code.ALREADY_THERE, new.name.span, message, notes=note)
            elif new.default is None:
                message = f"a field that is added to message `{item.name.text}` needs a default"
                help = "what exists sends this message without it: write `= value` behind its type"
                self.sink.error(Code.BAD_CHANGE, new.name.span, message, help=help)
        added = tuple(new for new in item.fields if new.name.text not in old)
        merged = replace(there.item, fields=(*there.item.fields, *added))
        self.lines[at] = replace(there, item=merged)

    def replace(self, item: syntax.Replace, role: str | None) -> None:
        """Put a declaration in the place of the one that is there."""
        if not self.may_change(item.span, "replace"):
            return
        for one in _each(item.declaration):
            at = self.target(key(one), role)
            there = None if at is None else self.lines[at]
            if at is None or there is None:
                self.nothing(one, role)
            elif type(there.item) is not type(one) and not isinstance(there.item, syntax.Ignore):
                note = (Label(place_of(there.item), f"it is {title(there.item)}"),)
                message = f"{title(one)} cannot replace {title(there.item)}"
                if isinstance(one, syntax.Function | syntax.Procedure) and title(one) == title(there.item):
                    message = f"{title(one)} is {_nature(there.item)}, and cannot become {_nature(one)}"
                self.sink.error(Code.BAD_CHANGE, place_of(one), message, notes=note)
            else:
                self.lines[at] = Placed(one, role, there)
                self.index.setdefault((role, key(one)), at)

    def remove(self, item: syntax.Remove | syntax.RemoveHandler, role: str | None) -> None:
        """Drop a declaration."""
        if not self.may_change(item.span, "remove"):
            return
        if isinstance(item, syntax.RemoveHandler):
            wanted, what, place = event_key(item.event), f"`on {event_text(item.event)}`", item.span
        else:
            space = "property" if item.kind not in _NAMED else "name"
            wanted, what, place = (space, item.name.text), f"`{item.kind} {item.name.text}`", item.name.span
        at = self.target(wanted, role)
        there = None if at is None else self.lines[at]
        if at is None or there is None:
            known = self.names_like(item, role)
            near = did_you_mean(item.name.text, known) if isinstance(item, syntax.Remove) else None
            help = self.elsewhere(wanted, role) or near
            self.sink.error(Code.NOTHING_TO_CHANGE, place, f"there is no {what} to remove{_inside(role)}", help=help)
        elif isinstance(item, syntax.Remove) and kind_of(there.item) != item.kind:
            note = (Label(place_of(there.item), "declared here"),)
            message = f"`{item.name.text}` is declared as `{kind_of(there.item)}`, not as `{item.kind}`"
            help = f"`remove {kind_of(there.item)} {item.name.text}`"
            self.sink.error(Code.BAD_CHANGE, place, message, notes=note, help=help)
        else:
            self.lines[at] = None
            self.index = {known: line for known, line in self.index.items() if line != at}

    def names_like(self, item: syntax.Remove | syntax.RemoveHandler, role: str | None) -> list[str]:
        """What could be removed by such a line."""
        if isinstance(item, syntax.RemoveHandler):
            return []
        here = [line for line in self.declarations if line.role == role and kind_of(line.item) == item.kind]
        return [key(line.item)[-1] for line in here]

    def append(self, line: Placed) -> None:
        """One more line."""
        self.index.setdefault((line.role, key(line.item)), len(self.lines))
        self.lines.append(line)

    def find(self, wanted: Key, role: str | None) -> int | None:
        """The line of a declaration, if there is one."""
        return self.index.get((role, wanted)) if wanted else None

    def target(self, wanted: Key, role: str | None) -> int | None:
        """The inherited line that is meant: a handler also without its channel, if there is only one."""
        at = self.find(wanted, role)
        if at is None and wanted[:1] == ("on",) and len(wanted) == 3:
            lines = enumerate(self.lines)
            likely = [i for i, line in lines if line and line.role == role and key(line.item)[:2] == wanted[:2]]
            at = likely[0] if len(likely) == 1 else None
        return at if at is not None and at < self.inherited else None

    # ---- what is wrong

    def may_change(self, span: Span, word: str) -> bool:
        """Whether this is a proposal."""
        if not self.changes:
            self.misplaced(span, f"`{word}` is for proposals: a protocol has nothing to {word}")
        return self.changes

    def misplaced(self, span: Span, message: str) -> None:
        """An item that cannot stand here."""
        self.sink.error(Code.MISPLACED_ITEM, span, message)

    def already(self, item: Declaration, at: int, role: str | None) -> None:
        """An addition that is there."""
        there = self.lines[at]
        notes = () if there is None else (Label(place_of(there.item), "declared here"),)
        same = there is not None and type(there.item) is type(item)
        help = "`replace` puts another in its place" if same and isinstance(item, REPLACEABLE) else None
        message = f"there is {title(item if there is None else there.item)} already{_inside(role)}"
        self.sink.error(Code.ALREADY_THERE, place_of(item), message, notes=notes, help=help)

    def nothing(self, item: Declaration, role: str | None) -> None:
        """A replacement of nothing."""
        wanted = key(item)
        known = [key(line.item)[1] for line in self.declarations if line.role == role and type(line.item) is type(item)]
        near = did_you_mean(wanted[1], known) if len(wanted) > 1 else None
        message = f"there is no {title(item)} to replace{_inside(role)}"
        self.sink.error(Code.NOTHING_TO_CHANGE, place_of(item), message, help=self.elsewhere(wanted, role) or near)

    def elsewhere(self, wanted: Key, role: str | None) -> str | None:
        """Where such a declaration stands, if it is another role or the top level."""
        found = [line.role for line in self.declarations if key(line.item) == wanted and line.role != role]
        if not found:
            return None
        return f"it stands in role `{found[0]}`" if found[0] else "it stands at the top level"


def _each(item: syntax.Replaceable) -> tuple[syntax.Replaceable, ...]:
    """A declaration of several names as one for each."""
    if isinstance(item, syntax.Var | syntax.Constant):
        return tuple(replace(item, names=(name,)) for name in item.names)
    return (item,)


def _nature(item: Declaration) -> str:
    return "a value" if isinstance(item, syntax.Function) else "a piece of a body"


def _inside(role: str | None) -> str:
    return f" in role `{role}`" if role else ""
