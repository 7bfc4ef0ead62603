"""What the subset of Python has besides operators; here as plain Python, in `subset` as instructions."""

from __future__ import annotations

MASK = (1 << 64) - 1

NAMES = frozenset({"wrap_mul", "wrap_add", "mul_high", "popcount", "prefetch", "peek", "claim", "take"})


def wrap_mul(left: int, right: int) -> int:
    """The product modulo 2**64."""
    return left * right & MASK


def wrap_add(left: int, right: int) -> int:
    """The sum modulo 2**64."""
    return left + right & MASK


def mul_high(left: int, right: int) -> int:
    """The upper half of the 128 bits of a product."""
    return left * right >> 64


def popcount(word: int) -> int:
    """How many bits are set."""
    return word.bit_count()


def prefetch(array: object, index: int) -> None:
    """Asks the processor to have an element of an array at hand; means nothing otherwise."""


def peek(array: list[int], index: int) -> int:
    """An element that another thread may be writing; what that thread wrote before it is seen, too."""
    return array[index]


def claim(array: list[int], index: int, value: int) -> int:
    """What an element was; if that was 0, it is `value` now.  One thread at a time."""
    old = array[index]
    if old == 0:
        array[index] = value
    return old


def take(array: list[int], index: int, count: int) -> int:
    """What an element was, before `count` is added to it.  One thread at a time."""
    old = array[index]
    array[index] = old + count
    return old
