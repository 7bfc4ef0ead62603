"""A help line for a name that nothing declares: the declared name that looks most like it."""

from collections.abc import Iterable
from difflib import get_close_matches


def did_you_mean(name: str, known: Iterable[str]) -> str | None:
    """A question with the closest of the known names, or None if none is close."""
    names = {other.lower(): other for other in sorted(set(known), reverse=True)}
    found = get_close_matches(name.lower(), list(names), n=1, cutoff=0.6)
    return f"did you mean `{names[found[0]]}`?" if found else None
