"""Subset to machine code: LLVM through llvmlite, in this process, with what was compiled kept in a cache.

`kernel_object` and `model_object` give object files; `Linked` holds both in memory and gives functions to call.  An
object depends on the text, on the texts of what translates it, on the versions of llvmlite and LLVM, and on the
processor: all of that is its key in the cache (`cache`).

The kernel is compiled with the few passes that make it fast (`KERNEL_PASSES`): the usual pipeline takes three times as
long, and what it makes is no faster.  A model is compiled *quickly* at first, without any optimisation: that takes a
tenth of the time, and the search is a fifth to a third slower.  It is compiled at its *best* once it turned out to be
large: in the same search, if that is very large (`compiled`), or else when it is searched again (`note_large`).
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import llvmlite
import llvmlite.binding as llvm

from plait.engines.native import cache
from plait.engines.native.kernel import AHEAD, BLOCK, SHORT

HERE = Path(__file__)
KERNEL = HERE.with_name("kernel.py")
TRANSLATORS = (HERE, HERE.with_name("subset.py"))
MODEL_PART = ("expand", "inspect", "canonical")
KERNEL_PARTS = (  # what Python calls of the kernel; a part is compiled when its first function is called
    ("search", "review", "descend", "rehash", "enter"),
    ("move",),
    ("unfold",),
    ("most",),
    ("least_state", "least_source", "least_predecessor"),
)
KERNEL_PASSES = ("sroa", "always_inliner", "simplify_cfg", "instruction_combine", "loop_rotate", "simplify_cfg")


@dataclass(frozen=True, slots=True)
class Target:
    """The processor that this process runs on, and what machine code for it depends on."""

    triple: str
    name: str
    features: str
    key: str

    def machine(self, level: int) -> Any:
        """What emits code for it: at once (0), or code that is fast (1, 2)."""
        return llvm.Target.from_triple(self.triple).create_target_machine(
            cpu=self.name, features=self.features, opt=level, codemodel="jitdefault", jit=True
        )


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
            "SHORT": SHORT,
        }


def target() -> Target:
    """The processor here, with everything that it can do."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    name, features = llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()
    triple = llvm.get_default_triple()
    texts = (path.read_text(encoding="utf-8") for path in TRANSLATORS)
    key = "\n".join((llvmlite.__version__, str(llvm.llvm_version_info), triple, name, features, *texts))
    return Target(triple, name, features, key)


def kernel_object(here: Target, shape: Shape, part: tuple[str, ...]) -> bytes:
    """A part of the kernel, of this shape."""
    source = KERNEL.read_text(encoding="utf-8")

    def build() -> bytes:
        from plait.engines.native.subset import assembly, functions_of

        types = {"slots": "u64s" if shape.big else "u32s"}
        trees = functions_of(source)
        text = assembly(trees, part, MODEL_PART, shape.constants(), types, inlined=trees.keys() - set(part))
        return _compiled(here, text, 1, KERNEL_PASSES)

    return cache.remembered(("kernel", *part, repr(shape), here.key, source), build)


def model_object(here: Target, source: str, *, best: bool) -> bytes:
    """The model's part, compiled at its best or quickly."""

    def build() -> bytes:
        from plait.engines.native.subset import assembly, functions_of

        text = assembly(functions_of(source), MODEL_PART)
        return _compiled(here, text, 2, None) if best else _compiled(here, text, 0, ())

    return cache.remembered(("model", "best" if best else "quick", here.key, source), build)


def was_large(here: Target, source: str) -> bool:
    """Whether a search of this model was noted to be large."""
    return cache.known(("large", here.key, source)) is not None


def note_large(here: Target, source: str) -> None:
    """A search of this model was large: the next one is worth the best code."""
    cache.keep(("large", here.key, source), b"yes")


def _compiled(here: Target, text: str, level: int, passes: tuple[str, ...] | None) -> bytes:
    """An object file, after these passes (None: LLVM's usual ones), for a machine that emits code of this level."""
    machine = here.machine(level)
    head = f'target triple = "{here.triple}"\ntarget datalayout = "{machine.target_data}"\n'
    parsed = llvm.parse_assembly(head + text)
    parsed.verify()
    builder = llvm.create_pass_builder(machine, llvm.create_pipeline_tuning_options(speed_level=2))
    manager = builder.getModulePassManager() if passes is None else llvm.create_new_module_pass_manager()
    for name in passes or ():
        getattr(manager, f"add_{name}_pass")()
    manager.run(parsed, builder)
    return bytes(machine.emit_object(parsed))


class Linked:
    """Object files in memory, ready to be called."""

    def __init__(self, here: Target, objects: tuple[bytes, ...]) -> None:
        empty = llvm.parse_assembly(f'target triple = "{here.triple}"')
        self.engine = llvm.create_mcjit_compiler(empty, here.machine(2))
        for item in objects:
            self.engine.add_object_file(llvm.ObjectFileRef.from_data(item))
        self.engine.finalize_object()

    def function(self, name: str, arguments: int, *, result: bool) -> Callable[..., int]:
        """A function that takes words and addresses."""
        kind = ctypes.CFUNCTYPE(ctypes.c_uint64 if result else None, *(ctypes.c_uint64,) * arguments)
        called: Callable[..., int] = kind(self.engine.get_function_address(name))
        return called
