"""The error of ours: an intermediate form that breaks one of its laws, which no text of a model may bring about."""

from __future__ import annotations


class BrokenLaw(Exception):  # noqa: N818 -- it reads as what it says
    """A pass made, or was given, something that its form forbids."""

    def __init__(self, law: str, detail: str) -> None:
        super().__init__(f"{law}: {detail}")
        self.law, self.detail = law, detail


def require(condition: bool, law: str, detail: str) -> None:
    """Raise `BrokenLaw` unless the condition holds."""
    if not condition:
        raise BrokenLaw(law, detail)
