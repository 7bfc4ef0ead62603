"""Subset to machine code: LLVM through llvmlite, in this process, with what was compiled kept in a cache.

`kernel_object(words)` and `model_object(program)` give object files; `Linked` holds both in memory and gives functions
to call.  An object depends on the text, on the versions of plait, llvmlite and LLVM, and on the processor: all of that
is its key in the cache (`cache`).
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import llvmlite
import llvmlite.binding as llvm

from plait.engines.native import cache
from plait.engines.native.kernel import AHEAD, BLOCK
from plait.engines.native.subset import assembly, functions_of

KERNEL = Path(__file__).with_name("kernel.py")
MODEL_PART = ("expand", "inspect", "canonical")
KERNEL_PART = {  # functions of the kernel that Python calls: how many arguments, and whether they return a word
    "search": (13, True),
    "review": (6, False),
    "rehash": (7, False),
    "move": (6, False),
    "enter": (8, False),
    "unfold": (4, False),
    "least_state": (8, True),
    "least_source": (9, True),
    "least_predecessor": (8, True),
    "most": (8, True),
}


@dataclass(frozen=True, slots=True)
class Target:
    """The processor that this process runs on."""

    machine: Any
    key: str


@dataclass(frozen=True, slots=True)
class Shape:
    """What the kernel is compiled for: see there.  `big`: slots of 64 bits, for numbers beyond 32."""

    words: int
    reduced: bool
    shared: bool
    tree: bool
    big: bool = False

    @property
    def stored(self) -> int:
        """Words of a state as it is kept."""
        return 1 if self.tree else self.words

    def constants(self) -> dict[str, int]:
        """The numbers that the kernel's names stand for."""
        return {
            "W": self.words,
            "S": self.stored,
            "REDUCED": int(self.reduced),
            "SHARED": int(self.shared),
            "TREE": int(self.tree),
            "SLOT": (1 << (64 if self.big else 32)) - 1,
            "AHEAD": AHEAD,
            "BLOCK": BLOCK,
        }


def target() -> Target:
    """The processor here, with everything that it can do."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    name, features = llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()
    triple = llvm.Target.from_default_triple()
    machine = triple.create_target_machine(cpu=name, features=features, opt=2, codemodel="jitdefault", jit=True)
    key = "\n".join(
        (version("plait"), llvmlite.__version__, str(llvm.llvm_version_info), triple.triple, name, features)
    )
    return Target(machine, key)


def kernel_object(here: Target, shape: Shape) -> bytes:
    """The kernel of this shape."""
    source = KERNEL.read_text(encoding="utf-8")

    def build() -> bytes:
        types = {"slots": "u64s" if shape.big else "u32s"}
        text = assembly(functions_of(source), KERNEL_PART, MODEL_PART, shape.constants(), types)
        return _compiled(here, text, level=3)

    return cache.remembered(("kernel", repr(shape), here.key, source), build)


def model_object(here: Target, source: str) -> bytes:
    """The model's part."""

    def build() -> bytes:
        return _compiled(here, assembly(functions_of(source), MODEL_PART), level=2)

    return cache.remembered(("model", here.key, source), build)


def _compiled(here: Target, text: str, level: int) -> bytes:
    """An object file, optimised."""
    head = f'target triple = "{here.machine.triple}"\ntarget datalayout = "{here.machine.target_data}"\n'
    parsed = llvm.parse_assembly(head + text)
    parsed.verify()
    options = llvm.create_pipeline_tuning_options(speed_level=level)
    builder = llvm.create_pass_builder(here.machine, options)
    builder.getModulePassManager().run(parsed, builder)
    return bytes(here.machine.emit_object(parsed))


class Linked:
    """Object files in memory, ready to be called."""

    def __init__(self, here: Target, objects: tuple[bytes, ...]) -> None:
        empty = llvm.parse_assembly(f'target triple = "{here.machine.triple}"')
        self.engine = llvm.create_mcjit_compiler(empty, target().machine)
        for item in objects:
            self.engine.add_object_file(llvm.ObjectFileRef.from_data(item))
        self.engine.finalize_object()

    def function(self, name: str, arguments: int, *, result: bool) -> Callable[..., int]:
        """A function that takes words and addresses."""
        kind = ctypes.CFUNCTYPE(ctypes.c_uint64 if result else None, *(ctypes.c_uint64,) * arguments)
        called: Callable[..., int] = kind(self.engine.get_function_address(name))
        return called
