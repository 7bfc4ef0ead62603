"""Inheritance: the protocols and proposals of a project in, each with all its declarations out.

What is inherited comes first, in its own order, then what is added. `replace` keeps the place of what it replaces and
remembers it, `remove` drops; a role or message that is there already is reopened. A mistake in a proposal is reported
once, however many others extend it.

Non-goals: what names mean, and duplicates within one text; that is for `scope`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field, replace

from plait_spec import syntax
from plait_spec.declarations import Declaration as Declaration, Placed as Placed
from plait_spec.diagnostics import Code, Label, Sink
from plait_spec.project import Project
from plait_spec.record import record
from plait_spec.sheet import Sheet
from plait_spec.source import Span
from plait_spec.suggest import did_you_mean, ring


@record
class Flat:
    """A protocol or proposal with inheritance applied: inherited declarations first, then those it adds.

    `parameters` have the defaults that hold here. `expectations` are its own, `scenarios` those of all it extends.
    """

    name: str
    protocol: str
    proposal: str | None
    abstract: bool
    parameters: tuple[syntax.Parameter, ...]
    declarations: tuple[Placed, ...]
    expectations: tuple[syntax.Expect, ...]
    scenarios: tuple[syntax.Scenario, ...]
    doc: syntax.Doc
    span: Span = field(compare=False, repr=False)


def flatten(project: Project, sink: Sink) -> tuple[Flat, ...]:
    """One for each protocol and proposal of the checked file, in the order of the text."""
    flattening = _Flattening(project, sink)
    everything = [flattening.flat(chapter) for chapter in flattening.chapters.values()]
    names = [chapter.name.text for chapter in _chapters(project.checked)]
    return tuple(flat for flat in everything if flat is not None and flat.name in names)


def _chapters(module: syntax.Module) -> Iterator[syntax.Protocol | syntax.Proposal]:
    return (item for item in module.items if isinstance(item, syntax.Protocol | syntax.Proposal))


class _Flattening:
    """All protocols and proposals of a project by name, and those that are done."""

    def __init__(self, project: Project, sink: Sink) -> None:
        self.sink = sink
        self.chapters: dict[str, syntax.Protocol | syntax.Proposal] = {}
        self.items: dict[str, list[syntax.Item]] = {}
        self.scenarios: dict[str, syntax.Scenario] = {}
        self.done: dict[str, Flat | None] = {}
        for module in project.modules:
            self.read(module)
        for scenario in self.scenarios.values():
            self.known(scenario.protocol)

    def read(self, module: syntax.Module) -> None:
        """Note the protocols, proposals and scenarios of a module."""
        protocol: syntax.Protocol | None = None
        another = False
        for item in module.items:
            match item:
                case syntax.Import():
                    pass
                case syntax.Protocol():
                    if protocol is not None:
                        note = (Label(protocol.name.span, "the first one"),)
                        message, help = "a file has one protocol", "put this one into a file of its own"
                        self.sink.error(Code.MISPLACED_ITEM, item.name.span, message, notes=note, help=help)
                        another = True
                    else:
                        protocol = item
                        self.items[item.name.text] = []
                        self.enter(item)
                case syntax.Proposal():
                    self.enter(item)
                case syntax.Scenario():
                    self.scenario(item)
                case _ if protocol is None:
                    message = "a declaration belongs to a protocol, and there is none above it"
                    help = "begin the file with `protocol Name(...)`, or put it into a proposal"
                    self.sink.error(Code.MISPLACED_ITEM, item.span, message, help=help)
                    return
                case _ if another:
                    pass
                case _:
                    self.items[protocol.name.text].append(item)

    def enter(self, chapter: syntax.Protocol | syntax.Proposal) -> None:
        """A protocol or proposal by its name, which is its own in the project."""
        first = self.chapters.setdefault(chapter.name.text, chapter)
        if first is not chapter:
            _twice(self.sink, chapter.name, first.name)

    def scenario(self, item: syntax.Scenario) -> None:
        """A scenario by its name."""
        first = self.scenarios.setdefault(item.name.text, item)
        if first is not item:
            _twice(self.sink, item.name, first.name)

    def known(self, name: syntax.Name) -> bool:
        """Whether there is such a protocol or proposal."""
        if name.text in self.chapters:
            return True
        message = f"there is no protocol or proposal `{name.text}`"
        self.sink.error(Code.UNKNOWN_BASE, name.span, message, help=did_you_mean(name.text, self.chapters))
        return False

    def flat(self, last: syntax.Protocol | syntax.Proposal) -> Flat | None:
        """The chapter with everything that it inherits; None if something that it extends is not there."""
        chain = self.chain(last)
        result: Flat | None = None
        for chapter in chain or ():
            name = chapter.name.text
            if name not in self.done:
                self.done[name] = self.extend(chapter, result)
            result = self.done[name]
            if result is None:
                return None
        return result

    def chain(self, last: syntax.Protocol | syntax.Proposal) -> list[syntax.Protocol | syntax.Proposal] | None:
        """The chapters that this one is built on, beginning with a protocol."""
        chain = [last]
        while isinstance(chapter := chain[-1], syntax.Proposal):
            if not self.known(chapter.base):
                return None
            base = self.chapters[chapter.base.text]
            if any(step is base for step in chain):
                if base is last:
                    names = ring([step.name.text for step in (*chain, base)])
                    message = f"these proposals extend each other: {names}"
                    least = min(chain, key=lambda step: (step.span.source.name, step.span.start))
                    assert isinstance(least, syntax.Proposal)
                    self.sink.error(Code.BASE_CYCLE, least.base.span, message)
                return None
            chain.append(base)
        return chain[::-1]

    def extend(self, chapter: syntax.Protocol | syntax.Proposal, base: Flat | None) -> Flat:
        """The chapter, given what it extends."""
        sheet = Sheet(() if base is None else base.declarations, self.sink, changes=base is not None)
        items = chapter.items if isinstance(chapter, syntax.Proposal) else tuple(self.items[chapter.name.text])
        for item in items:
            if not isinstance(item, syntax.Expect):
                sheet.put(item, None)
        mine = [scenario for scenario in self.scenarios.values() if scenario.protocol.text == chapter.name.text]
        return Flat(
            name=chapter.name.text,
            protocol=chapter.name.text if base is None else base.protocol,
            proposal=None if base is None else chapter.name.text,
            abstract=isinstance(chapter, syntax.Protocol) and chapter.abstract,
            parameters=self.parameters(chapter, base),
            declarations=sheet.declarations,
            expectations=tuple(item for item in items if isinstance(item, syntax.Expect)),
            scenarios=(*(() if base is None else base.scenarios), *mine),
            doc=chapter.doc,
            span=chapter.name.span,
        )

    def parameters(self, chapter: syntax.Protocol | syntax.Proposal, base: Flat | None) -> tuple[syntax.Parameter, ...]:
        """The inherited parameters with the presets of this chapter, then its own."""
        table = {} if base is None else {parameter.name.text: parameter for parameter in base.parameters}
        if isinstance(chapter, syntax.Proposal):
            first: dict[str, syntax.Name] = {}
            for setting in chapter.settings:
                if first.setdefault(setting.name.text, setting.name) is setting.name:
                    self.preset(setting, table)
                else:
                    _twice(self.sink, setting.name, first[setting.name.text], "set")
        inherited = frozenset(table)
        for parameter in chapter.parameters:
            name = parameter.name.text
            if name not in inherited:
                known = table.setdefault(name, parameter)
                if known is not parameter:
                    _twice(self.sink, parameter.name, known.name)
                continue
            note = (Label(table[name].name.span, "declared here"),)
            help = f"to change its default: `extends {base.name if base else name}({name} = ...)`"
            message = f"there is a parameter `{name}` already"
            self.sink.error(Code.ALREADY_THERE, parameter.name.span, message, notes=note, help=help)
        return tuple(table.values())

    def preset(self, setting: syntax.Setting, table: dict[str, syntax.Parameter]) -> None:
        """Another default for a parameter."""
        name = setting.name.text
        if name not in table:
            message = f"there is no parameter `{name}`"
            self.sink.error(Code.UNKNOWN_NAME, setting.name.span, message, help=did_you_mean(name, table))
        elif isinstance(setting.value, syntax.Range):
            message = "a preset is one value; ranges are for `expect with`"
            self.sink.error(Code.BAD_CHANGE, setting.value.span, message)
        else:
            table[name] = replace(table[name], default=setting.value)


def _twice(sink: Sink, name: syntax.Name, first: syntax.Name, what: str = "declared") -> None:
    message = f"`{name.text}` is {what} twice"
    sink.error(Code.DUPLICATE_NAME, name.span, message, notes=(Label(first.span, "the first time"),))
