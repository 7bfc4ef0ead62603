"""Models as tests: *.plait files in, one pytest item per property out.

Files are collected where a run is pointed at them: by an argument (`pytest models/`), by `testpaths`, or anywhere with
`--plait` or `plait = true` in the configuration.  The items of one run (a protocol or proposal at one set of
parameters) share one search, made when the first of them runs.  An item fails where the expectation of the file is not
met, and where its property stayed undetermined though nobody expected that.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from plait.plan import Plan
    from plait.reports.result import Entry
    from plait.tools import Tools

SUFFIX = ".plait"
WHOLE = "no model error"


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--plait` and its setting."""
    group = parser.getgroup("plait", "models of protocols")
    group.addoption("--plait", action="store_true", help="collect *.plait files wherever pytest looks for tests")
    parser.addini("plait", "collect *.plait files wherever pytest looks for tests", type="bool", default=False)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """A collector for a model file, if models are wanted here."""
    if file_path.suffix != SUFFIX or not _wanted(parent.config):
        return None
    return ModelFile.from_parent(parent, path=file_path)


def _wanted(config: pytest.Config) -> bool:
    """Whether somebody pointed at paths, or asked for models by name."""
    pointed = config.args_source is not pytest.Config.ArgsSource.INVOCATION_DIR
    return pointed or bool(config.getoption("--plait")) or bool(config.getini("plait"))


class ModelFile(pytest.File):
    """A model file: a collector for each of its runs."""

    def collect(self) -> Iterator[pytest.Collector]:
        """Load the file and plan its runs; a wrong text fails the collection with its diagnostics."""
        from plait.errors import JobError
        from plait.plan import plans
        from plait.session import load_file
        from plait.tools import Installed
        from plait_spec.diagnostics import SpecError

        tools = Installed()
        try:
            planned = plans(load_file(self._shown(), tools))
        except (SpecError, JobError) as error:
            raise self.CollectError(str(error)) from None
        for plan in planned:
            search = SharedSearch(plan, tools)
            yield RunCollector.from_parent(self, name=search.name, search=search)

    def _shown(self) -> str:
        """The path as the user would write it."""
        here = self.config.invocation_params.dir
        return str(self.path.relative_to(here)) if self.path.is_relative_to(here) else str(self.path)


class RunCollector(pytest.Collector):
    """A run: an item for each property that is judged in it."""

    def __init__(self, *, search: SharedSearch, **rest: Any) -> None:
        super().__init__(**rest)
        self.search = search

    def collect(self) -> Iterator[pytest.Item]:
        """The properties in the order of the text, and that the run met no model error."""
        for name in (*self.search.plan.properties, WHOLE):
            yield PropertyItem.from_parent(self, name=name, search=self.search)


class SharedSearch:
    """One search for all items of a run, made once; an error of it is every item's."""

    def __init__(self, plan: Plan, tools: Tools) -> None:
        from plait.parameters import in_words, shown

        self.plan = plan
        self._tools = tools
        self._entry: Entry | None = None
        self._error: Exception | None = None
        changed = dict(plan.changed)
        values = [f"{name}={in_words(value)}" for name, value in shown(plan.model, plan.parameters) if name in changed]
        owner = plan.model.proposal or plan.model.protocol
        # No brackets and no full stop: pytest reads them in the names of tests.
        self.name = f"{owner}:{','.join(values)}" if values else owner

    def entry(self) -> Entry:
        """What was found."""
        if self._entry is None and self._error is None:
            from plait.session import search

            try:
                self._entry = search(self.plan, self._tools)
            except Exception as error:
                self._error = error
        if self._error is not None:
            raise self._error
        assert self._entry is not None
        return self._entry


class ExpectationError(Exception):
    """An expectation of a model file is not met; the message is the report about it."""


class PropertyItem(pytest.Item):
    """One property in one run (or, last, that the run met no model error)."""

    def __init__(self, *, search: SharedSearch, **rest: Any) -> None:
        super().__init__(**rest)
        self.search = search

    def runtest(self) -> None:
        """Search, unless another item has; fail if the verdict is not the expected one."""
        from plait.reports.result import is_green
        from plait.reports.text import error_text, property_text

        entry = self.search.entry()
        if self.name == WHOLE:
            if entry.run.model_error is not None:
                raise ExpectationError(error_text(entry))
            return
        report = next(report for report in entry.run.properties if report.name == self.name)
        if not is_green(report):
            raise ExpectationError(property_text(entry, report))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The trace, or the diagnostics; a traceback only for an error of ours."""
        from plait.errors import JobError
        from plait_spec.diagnostics import SpecError

        if isinstance(excinfo.value, (ExpectationError, SpecError, JobError)):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """The file and the line of the property."""
        declared = {found.name: found.span.line - 1 for found in self.search.plan.model.properties}
        return self.path, declared.get(self.name), f"{self.search.name}::{self.name}"
