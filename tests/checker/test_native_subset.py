"""The subset of Python means the same as Python and as machine code, compiled quickly and at its best."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache

import pytest
from hypothesis import given, strategies as st

from plait.engines.native import intrinsics
from plait.engines.native.subset import assembly, functions_of
from plait.errors import EngineBug

WORD = (1 << 64) - 1
SIZE = 4

PROGRAMS = {
    "counts down": """
def f(a: u64s, x: u64, y: u64) -> u64:
    n = 0
    while x > y:
        x -= 1 + y
        n += 1
        if n == 40:
            break
        if n & 1:
            continue
        a[0] += 1
    return n
""",
    "reads after a branch what only a branch assigns": """
def f(a: u64s, x: u64, y: u64) -> u64:
    if x < y:
        v = a[1] ^ x
    else:
        return 7
    if v == 3:
        w = 1
    else:
        w = v >> 3
    return w | v
""",
    "keeps what a loop assigned": """
def f(a: u64s, x: u64, y: u64) -> u64:
    i = 0
    last = 0
    while i < 4:
        here = a[i]
        if here > x:
            last = here
        i += 1
    return here ^ last
""",
    "has conditions as values": """
def f(a: u64s, x: u64, y: u64) -> u64:
    b = x < y and a[0] != 0 or not x == 3
    c = not (x > 1 and y > 1)
    d = (1 if y else 2) + (x if b else y) % 5
    return d * 4 + b * 2 + c
""",
    "does not evaluate what is not needed": """
def f(a: u64s, x: u64, y: u64) -> u64:
    return a[x] if x < 4 and a[x] // (a[x] | 1) < 2 else y // (x | 1)
""",
    "writes through helpers": """
def f(a: u64s, x: u64, y: u64) -> u64:
    put(offset(a, 1), x & 1, y)
    put(a, 0, inc(inc(a[3] & 15)))
    return a[0] + (a[1] & 7)

def inc(x: u64) -> u64:
    x += 1
    return x

def put(a: u64s, at: u64, x: u64) -> None:
    a[at] = x
    if x == 5:
        return
    a[at] |= 1
""",
    "wraps where it says so": """
def f(a: u64s, x: u64, y: u64) -> u64:
    z = wrap_mul(x, y) ^ mul_high(x, y) ^ wrap_add(x, y)
    prefetch(a, z & 3)
    return z ^ popcount(z)
""",
    "shares elements": """
def f(a: u64s, x: u64, y: u64) -> u64:
    old = claim(a, x & 3, y | 1)
    n = take(a, 2, 3)
    return (peek(a, x & 3) ^ old) + (n & 1)
""",
    "has constants": """
def f(a: u64s, x: u64, y: u64) -> u64:
    if NONE:
        return unknown_here(x)
    if FIVE and x > FIVE:
        return FIVE
    return a[FIVE & 3]
""",
}
CONSTANTS = {"NONE": 0, "FIVE": 5}


class Words(list[int]):
    """An array as Python has it."""


class Moved:
    """An array from an element on."""

    def __init__(self, words: Words, by: int) -> None:
        self.words, self.by = words, by

    def __getitem__(self, at: int) -> int:
        return self.words[self.by + at]

    def __setitem__(self, at: int, value: int) -> None:
        self.words[self.by + at] = value


@cache
def as_python(source: str) -> Callable[..., int]:
    names = {name: getattr(intrinsics, name) for name in intrinsics.NAMES} | CONSTANTS | {"offset": Moved}
    exec(f"from __future__ import annotations\n{source}", names)
    found: Callable[..., int] = names["f"]
    return found


@cache
def as_code(source: str, way: str) -> Callable[..., int]:
    from plait.engines.native import machine

    here = machine.target()
    trees = functions_of(source.replace("unknown_here(x)", "x"))
    text = assembly(trees, ("f",), (), CONSTANTS, inlined=trees if way == "kernel" else ())
    level, passes = {"quick": (0, ()), "best": (2, None), "kernel": (1, machine.KERNEL_PASSES)}[way]
    linked = machine.Linked(here, (machine._compiled(here, text, level, passes),))
    called = linked.function("f", 3, result=True)
    setattr(called, "linked", linked)  # noqa: B010 - the code lives as long as this
    return called


@pytest.mark.native
@pytest.mark.parametrize("name", PROGRAMS)
@given(words=st.lists(st.integers(0, 9) | st.integers(0, WORD // 16), min_size=SIZE, max_size=SIZE), data=st.data())
def test_python_and_machine_code_agree(name: str, words: list[int], data: st.DataObject) -> None:
    number = st.integers(0, 9) | st.integers(0, WORD if name == "wraps where it says so" else 1 << 40)
    x, y = data.draw(number), data.draw(number)
    array = Words(words)
    wanted = as_python(PROGRAMS[name])(array, x, y)
    for way in ("quick", "best", "kernel"):
        memory = (ctypes.c_uint64 * SIZE)(*words)
        assert as_code(PROGRAMS[name], way)(ctypes.addressof(memory), x, y) == wanted
        assert list(memory) == array


@pytest.mark.native
def test_half_words_are_cut_and_filled_with_zeros() -> None:
    from plait.engines.native import machine

    source = """
def f(a: halves, x: u64, y: u64) -> u64:
    a[x] = y
    old = claim(a, x + 1, y)
    take(a, x + 1, 1)
    return a[x] + old + peek(a, x + 1)
"""
    here = machine.target()
    text = assembly(functions_of(source), ("f",), types={"halves": "u32s"})
    linked = machine.Linked(here, (machine._compiled(here, text, 2, None),))
    memory = (ctypes.c_uint32 * SIZE)(0, 0, 0, 9)
    said = linked.function("f", 3, result=True)(ctypes.addressof(memory), 1, (1 << 40) + 6)
    assert list(memory) == [0, 6, 7, 9]
    assert said == 6 + 0 + 7


@pytest.mark.parametrize(
    "body",
    [
        "return x.y",
        "return x if x",
        "return [x]",
        "return -x",
        "return x / 2",
        "return x ** 2",
        "return 1 < x < 3",
        "return x is 3",
        "return 1.5",
        "return 'x'",
        "return 18446744073709551616",
        "return z",
        "return g(x)",
        "return f(a, x)",
        "return f(x, x, x)",
        "return f(a, x, y=x)",
        "return peek(a, x, x)",
        "for i in a: pass",
        "x: u64 = 3",
        "x, y = y, x",
        "del x",
        "assert x",
        "while x:\n        pass\n    else:\n        pass",
        "while x:\n        y += old\n        old = x",
    ],
)
def test_anything_else_is_refused(body: str) -> None:
    source = f"def f(a: u64s, x: u64, y: u64) -> u64:\n    {body}\n"
    try:
        trees = functions_of(source)
    except SyntaxError:
        return
    with pytest.raises(EngineBug):
        assembly(trees, ("f",))


@pytest.mark.parametrize("kind", ["int", "list[int]", "u16s", "''"])
def test_other_types_are_refused(kind: str) -> None:
    with pytest.raises(EngineBug):
        assembly(functions_of(f"def f(a: {kind}) -> u64:\n    return 1\n"), ("f",))
