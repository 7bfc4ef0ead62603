"""A small typed subset of Python, as LLVM IR: the kernel and what is emitted for a model are written in it.

    Module    = functions; the types of their arguments and results are annotations
    Type      = u64 | u64s | u32s                      a word; an array of words or of half words, by its address
    Statement = x = e | x op= e | a[i] = e | if | while | break | continue | return e | f(...) | pass
    Expr      = integer | x | a[i] | e op e | e < e | e and e | not e | e if e else e | f(e, ...)

A function of the subset is a function of Python with the same meaning, as long as no number leaves 0 .. 2**64 - 1: then
it can be run and tested as it stands.  Where numbers may wrap, the functions of `intrinsics` say so.  Comparisons are
unsigned.  A condition is a comparison, or a word that is not 0.

Non-goals: anything that neither the kernel nor the emitter says.  What is not in the subset is an `EngineBug`.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from llvmlite import ir

from plait.engines.native.intrinsics import NAMES as INTRINSICS
from plait.errors import EngineBug

WORD = ir.IntType(64)
HALF = ir.IntType(32)
BIT = ir.IntType(1)
POINTERS = {"u64s": ir.PointerType(), "u32s": ir.PointerType()}
ELEMENTS = {"u64s": WORD, "u32s": HALF}
COMPARISONS = {
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=",
}  # fmt: skip


def declare(
    module: ir.Module, tree: ast.FunctionDef, linkage: str = "", types: Mapping[str, str] = MappingProxyType({})
) -> ir.Function:
    """A function of the subset, declared in an LLVM module by its annotations."""
    kinds = _kinds(tree, types)
    result = ir.VoidType() if _is_none(tree.returns) else WORD
    function = ir.Function(module, ir.FunctionType(result, [_llvm_type(kind) for kind in kinds]), tree.name)
    function.linkage = linkage
    return function


def functions_of(source: str) -> dict[str, ast.FunctionDef]:
    """The functions of a text, by name; everything else in it (imports, docstrings) is passed over."""
    return {item.name: item for item in ast.parse(source).body if isinstance(item, ast.FunctionDef)}


def compile_into(
    module: ir.Module,
    trees: Mapping[str, ast.FunctionDef],
    exported: frozenset[str],
    constants: Mapping[str, int],
    types: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Add these functions to a module; those that are not exported may be inlined away.

    `constants` are names that stand for numbers, `types` are names that stand for types.
    """
    declared = dict(module.globals)
    for name, tree in trees.items():
        declared[name] = declare(module, tree, "" if name in exported else "internal", types)
    for name, tree in trees.items():
        _Function(module, tree, declared[name], declared, constants, _kinds(tree, types)).build()


def _kinds(tree: ast.FunctionDef, types: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(_annotation(argument.annotation, types) for argument in tree.args.args)


def _annotation(node: ast.expr | None, types: Mapping[str, str]) -> str:
    match node:
        case ast.Name(name) if types.get(name, name) == "u64" or types.get(name, name) in POINTERS:
            return types.get(name, name)
        case _:
            raise EngineBug(f"not a type of the subset: {ast.dump(node) if node else 'nothing'}")


def _is_none(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _llvm_type(kind: str) -> Any:
    return POINTERS.get(kind, WORD)


class _Function:
    """The body of one function, statement by statement."""

    def __init__(
        self,
        module: ir.Module,
        tree: ast.FunctionDef,
        function: ir.Function,
        known: Mapping[str, Any],
        constants: Mapping[str, int],
        kinds: tuple[str, ...],
    ) -> None:
        self.module, self.tree, self.function, self.known, self.constants = module, tree, function, known, constants
        self.builder = ir.IRBuilder(function.append_basic_block("entry"))
        self.places: dict[str, Any] = {}
        self.kinds: dict[str, str] = {}
        self.loops: list[tuple[Any, Any]] = []
        for argument, kind, value in zip(tree.args.args, kinds, function.args, strict=True):
            self.store(argument.arg, kind, value)

    def build(self) -> None:
        """The whole body."""
        self.block(self.tree.body)
        if not self.builder.block.is_terminated:
            if isinstance(self.function.function_type.return_type, ir.VoidType):
                self.builder.ret_void()
            else:
                self.builder.unreachable()

    # ---- statements

    def block(self, body: list[ast.stmt]) -> None:
        for statement in body:
            if self.builder.block.is_terminated:
                return
            self.statement(statement)

    def statement(self, node: ast.stmt) -> None:
        match node:
            case ast.Assign([ast.Name(name)], value):
                self.store(name, *self.typed(value))
            case ast.Assign([ast.Subscript(array, index)], value):
                self.write(array, index, self.value(value))
            case ast.AugAssign(ast.Name(name), op, value):
                self.store(name, "u64", self.operate(op, self.load(name, node), self.value(value), node))
            case ast.AugAssign(ast.Subscript(array, index), op, value):
                self.write(array, index, self.operate(op, self.read(array, index), self.value(value), node))
            case ast.If(test, yes, no):
                self.branch(test, yes, no)
            case ast.While(test, body, []):
                self.loop(test, body)
            case ast.Break():
                self.builder.branch(self.loops[-1][1])
            case ast.Continue():
                self.builder.branch(self.loops[-1][0])
            case ast.Return(None):
                self.builder.ret_void()
            case ast.Return(value) if value is not None:
                self.builder.ret(self.value(value))
            case ast.Expr(ast.Call() as call):
                self.call(call)
            case ast.Expr(ast.Constant()) | ast.Pass():
                pass
            case _:
                raise self.refused(node)

    def branch(self, test: ast.expr, yes: list[ast.stmt], no: list[ast.stmt]) -> None:
        condition = self.condition(test)
        then, after = self.function.append_basic_block(), self.function.append_basic_block()
        otherwise = self.function.append_basic_block() if no else after
        self.builder.cbranch(condition, then, otherwise)
        for start, body in ((then, yes), (otherwise, no)):
            if not body:
                continue
            self.builder.position_at_end(start)
            self.block(body)
            if not self.builder.block.is_terminated:
                self.builder.branch(after)
        self.builder.position_at_end(after)

    def loop(self, test: ast.expr, body: list[ast.stmt]) -> None:
        head, inside, after = (self.function.append_basic_block() for _ in range(3))
        self.builder.branch(head)
        self.builder.position_at_end(head)
        self.builder.cbranch(self.condition(test), inside, after)
        self.builder.position_at_end(inside)
        self.loops.append((head, after))
        self.block(body)
        self.loops.pop()
        if not self.builder.block.is_terminated:
            self.builder.branch(head)
        self.builder.position_at_end(after)

    def store(self, name: str, kind: str, value: Any) -> None:
        """A local; its place is made in the entry block, where LLVM turns it into a register."""
        if name not in self.places:
            with self.builder.goto_entry_block():
                self.places[name] = self.builder.alloca(_llvm_type(kind))
            self.kinds[name] = kind
        self.builder.store(value, self.places[name])

    def load(self, name: str, node: ast.AST) -> Any:
        if name not in self.places:
            raise self.refused(node)
        return self.builder.load(self.places[name], typ=_llvm_type(self.kinds[name]))

    # ---- arrays

    def element(self, array: ast.expr, index: ast.expr) -> tuple[Any, Any]:
        if not isinstance(array, ast.Name):
            raise self.refused(array)
        base, type = self.load(array.id, array), ELEMENTS[self.kinds[array.id]]
        return self.builder.gep(base, [self.value(index)], source_etype=type), type

    def read(self, array: ast.expr, index: ast.expr) -> Any:
        place, type = self.element(array, index)
        value = self.builder.load(place, typ=type)
        return self.builder.zext(value, WORD) if type is HALF else value

    def write(self, array: ast.expr, index: ast.expr, value: Any) -> None:
        place, type = self.element(array, index)
        self.builder.store(self.builder.trunc(value, HALF) if type is HALF else value, place)

    # ---- expressions

    def typed(self, node: ast.expr) -> tuple[str, Any]:
        """A value with its type: an address only as a name, or moved by `offset`."""
        match node:
            case ast.Name(name) if self.kinds.get(name) in POINTERS:
                return self.kinds[name], self.load(name, node)
            case ast.Call(ast.Name("offset"), [ast.Name(name), count]):
                kind = self.kinds[name]
                base = self.load(name, node)
                return kind, self.builder.gep(base, [self.value(count)], source_etype=ELEMENTS[kind])
            case _:
                return "u64", self.value(node)

    def value(self, node: ast.expr) -> Any:
        """A word."""
        match node:
            case ast.Constant(bool(value)):
                return WORD(int(value))
            case ast.Constant(int(value)) if 0 <= value < 1 << 64:
                return WORD(value)
            case ast.Name(name) if name in self.constants:
                return WORD(self.constants[name])
            case ast.Name(name):
                return self.load(name, node)
            case ast.Subscript(array, index):
                return self.read(array, index)
            case ast.BinOp(left, op, right):
                return self.operate(op, self.value(left), self.value(right), node)
            case ast.IfExp(test, yes, no):
                return self.choose(test, yes, no)
            case ast.Compare() | ast.BoolOp() | ast.UnaryOp(ast.Not()):
                return self.builder.zext(self.condition(node), WORD)
            case ast.Call():
                return self.call(node)
            case _:
                raise self.refused(node)

    def operate(self, op: ast.operator, left: Any, right: Any, node: ast.AST) -> Any:
        b = self.builder
        match op:
            case ast.Add():
                return b.add(left, right)
            case ast.Sub():
                return b.sub(left, right)
            case ast.Mult():
                return b.mul(left, right)
            case ast.BitAnd():
                return b.and_(left, right)
            case ast.BitOr():
                return b.or_(left, right)
            case ast.BitXor():
                return b.xor(left, right)
            case ast.LShift():
                return b.shl(left, right)
            case ast.RShift():
                return b.lshr(left, right)
            case ast.FloorDiv():
                return b.udiv(left, right)
            case ast.Mod():
                return b.urem(left, right)
            case _:
                raise self.refused(node)

    def choose(self, test: ast.expr, yes: ast.expr, no: ast.expr) -> Any:
        """`yes if test else no`; only one of them is evaluated."""
        condition = self.condition(test)
        then, otherwise, after = (self.function.append_basic_block() for _ in range(3))
        self.builder.cbranch(condition, then, otherwise)
        values = []
        for start, node in ((then, yes), (otherwise, no)):
            self.builder.position_at_end(start)
            values.append((self.value(node), self.builder.block))
            self.builder.branch(after)
        self.builder.position_at_end(after)
        phi = self.builder.phi(WORD)
        for value, block in values:
            phi.add_incoming(value, block)
        return phi

    def condition(self, node: ast.expr) -> Any:
        """A bit."""
        match node:
            case ast.Compare(left, [op], [right]) if type(op) in COMPARISONS:
                return self.builder.icmp_unsigned(COMPARISONS[type(op)], self.value(left), self.value(right))
            case ast.UnaryOp(ast.Not(), operand):
                return self.builder.not_(self.condition(operand))
            case ast.BoolOp(op, operands):
                return self.short(isinstance(op, ast.And), operands)
            case ast.Constant(bool(value)):
                return BIT(int(value))
            case _:
                return self.builder.icmp_unsigned("!=", self.value(node), WORD(0))

    def short(self, both: bool, operands: list[ast.expr]) -> Any:
        """`and`, `or`: the first operand that decides ends it."""
        after = self.function.append_basic_block()
        incoming = []
        for operand in operands[:-1]:
            condition = self.condition(operand)
            incoming.append((BIT(int(not both)), self.builder.block))
            more = self.function.append_basic_block()
            self.builder.cbranch(condition, *((more, after) if both else (after, more)))
            self.builder.position_at_end(more)
        incoming.append((self.condition(operands[-1]), self.builder.block))
        self.builder.branch(after)
        self.builder.position_at_end(after)
        phi = self.builder.phi(BIT)
        for value, block in incoming:
            phi.add_incoming(value, block)
        return phi

    def call(self, node: ast.Call) -> Any:
        if not isinstance(node.func, ast.Name) or node.keywords:
            raise self.refused(node)
        name = node.func.id
        if name in INTRINSICS:
            return self.intrinsic(name, node)
        if name not in self.known:
            raise self.refused(node)
        return self.builder.call(self.known[name], [self.typed(argument)[1] for argument in node.args])

    def intrinsic(self, name: str, node: ast.Call) -> Any:
        b = self.builder
        values = [self.typed(argument)[1] for argument in node.args]
        match name:
            case "wrap_mul":
                return b.mul(*values)
            case "wrap_add":
                return b.add(*values)
            case "mul_high":
                wide = ir.IntType(128)
                product = b.mul(b.zext(values[0], wide), b.zext(values[1], wide))
                return b.trunc(b.lshr(product, wide(64)), WORD)
            case "popcount":
                return b.ctpop(values[0])
            case "prefetch":
                array = node.args[0]
                assert isinstance(array, ast.Name)
                place = b.gep(values[0], [values[1]], source_etype=ELEMENTS[self.kinds[array.id]])
                kind = ir.FunctionType(ir.VoidType(), [ir.PointerType(), HALF, HALF, HALF])
                declared = self.module.globals.get("llvm.prefetch.p0")
                function = declared or ir.Function(self.module, kind, "llvm.prefetch.p0")
                return b.call(function, [place, HALF(0), HALF(3), HALF(1)])
            case "peek" | "claim" | "take":
                return self.shared(name, node.args, values)
            case _:
                raise self.refused(node)

    def shared(self, name: str, arguments: list[ast.expr], values: list[Any]) -> Any:
        """An element that several threads read and write."""
        b = self.builder
        array = arguments[0]
        assert isinstance(array, ast.Name)
        type = ELEMENTS[self.kinds[array.id]]
        place = b.gep(values[0], [values[1]], source_etype=type)
        new = b.trunc(values[2], type) if len(values) == 3 and type is HALF else values[-1]
        match name:
            case "peek":
                old = b.load_atomic(place, "acquire", type.width // 8, typ=type)
            case "claim":
                old = b.extract_value(b.cmpxchg(place, type(0), new, "acq_rel", "acquire"), 0)
            case _:
                old = b.atomic_rmw("add", place, new, "acq_rel")
        return b.zext(old, WORD) if type is HALF else old

    def refused(self, node: ast.AST) -> EngineBug:
        """Something that is not in the subset: a fault of the kernel or the emitter."""
        return EngineBug(f"{self.tree.name}: not in the subset: {ast.unparse(node)}")
