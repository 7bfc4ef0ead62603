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
from llvmlite import ir

from plait.engines.native import cache
from plait.engines.native.kernel import AHEAD
from plait.engines.native.subset import compile_into, declare, functions_of

KERNEL = Path(__file__).with_name("kernel.py")
MODEL_PART = ("expand", "inspect", "canonical")
KERNEL_PART = (
    "search",
    "review",
    "rehash",
    "least_state",
    "least_source",
    "least_predecessor",
    "most",
    "mixed",
    "insert",
)


@dataclass(frozen=True, slots=True)
class Target:
    """The processor that this process runs on."""

    machine: Any
    key: str


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


def kernel_object(here: Target, words: int, *, reduced: bool) -> bytes:
    """The kernel for states of so many words, that are reduced by symmetry or not."""
    source = KERNEL.read_text(encoding="utf-8")

    def build() -> bytes:
        trees = functions_of(source)
        module = ir.Module(name="kernel")
        for name in MODEL_PART:
            declare(module, trees.pop(name))
        compile_into(module, trees, frozenset(KERNEL_PART), {"W": words, "REDUCED": int(reduced), "AHEAD": AHEAD})
        return _compiled(here, module, level=3)

    return cache.remembered(("kernel", str(words), str(reduced), here.key, source), build)


def model_object(here: Target, source: str) -> bytes:
    """The model's part."""

    def build() -> bytes:
        module = ir.Module(name="model")
        compile_into(module, functions_of(source), frozenset(MODEL_PART), {})
        return _compiled(here, module, level=2)

    return cache.remembered(("model", here.key, source), build)


def _compiled(here: Target, module: ir.Module, level: int) -> bytes:
    """An object file, optimised."""
    module.triple = here.machine.triple
    module.data_layout = str(here.machine.target_data)
    parsed = llvm.parse_assembly(str(module))
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
