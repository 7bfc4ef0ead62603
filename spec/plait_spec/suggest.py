"""Lines that name names: the one that was perhaps meant, and those that form a ring."""

from collections.abc import Iterable, Sequence


def did_you_mean(name: str, known: Iterable[str]) -> str | None:
    """A question with the closest of the known names, or None if none is close."""
    from difflib import get_close_matches

    names = {other.lower(): other for other in sorted(set(known), reverse=True)}
    found = get_close_matches(name.lower(), list(names), n=1, cutoff=0.6)
    return f"did you mean `{names[found[0]]}`?" if found else None


def ring(names: Sequence[str]) -> str:
    """Names that lead back to the first; long rings without their middle."""
    shown = [*names] if len(names) <= 8 else [*names[:5], "...", *names[-2:]]
    return " -> ".join(name if name == "..." else f"`{name}`" for name in shown)
