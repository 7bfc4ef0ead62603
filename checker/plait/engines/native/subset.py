"""A small typed subset of Python, as LLVM assembly: the kernel and what is emitted for a model are written in it.

    Module    = functions; the types of their arguments and results are annotations
    Type      = u64 | u64s | u32s                      a word; an array of words or of half words, by its address
    Statement = x = e | x op= e | a[i] = e | if | while | break | continue | return e | f(...) | pass
    Expr      = integer | x | a[i] | (integer, ...)[i] | e op e | e < e | e and e | not e | e if e else e | f(e, ...)

A function of the subset is a function of Python with the same meaning, as long as no number leaves 0 .. 2**64 - 1: then
it can be run and tested as it stands.  Where numbers may wrap, the functions of `intrinsics` say so.  Comparisons are
unsigned.  A condition is a comparison, or a word that is not 0.

The assembly is written as text: LLVM reads it many times faster than a module is built node by node in Python.  A name
that is assigned once, and read only where that assignment has run, is a register; any other has a place in the frame,
which LLVM turns into registers if it is asked to optimise.

Non-goals: anything that neither the kernel nor the emitter says.  What is not in the subset is an `EngineBug`.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Mapping
from types import MappingProxyType

from plait.engines.native.intrinsics import NAMES as INTRINSICS
from plait.errors import EngineBug
from plait_spec.record import record

ARRAYS = {"u64s": "i64", "u32s": "i32"}
COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Eq: "eq", ast.NotEq: "ne", ast.Lt: "ult", ast.LtE: "ule", ast.Gt: "ugt", ast.GtE: "uge",
}  # fmt: skip
OPERATORS: dict[type[ast.operator], str] = {
    ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.BitAnd: "and", ast.BitOr: "or", ast.BitXor: "xor",
    ast.LShift: "shl", ast.RShift: "lshr", ast.FloorDiv: "udiv", ast.Mod: "urem",
}  # fmt: skip
INTRINSIC_DECLARATIONS = """declare i64 @llvm.ctpop.i64(i64)
declare void @llvm.prefetch.p0(ptr, i32, i32, i32)
"""
NO_TYPES: Mapping[str, str] = MappingProxyType({})


@record
class Signature:
    """The types of a function's arguments, and whether it returns a word."""

    arguments: tuple[str, ...]
    result: bool


def functions_of(source: str) -> dict[str, ast.FunctionDef]:
    """The functions of a text, by name; everything else in it (imports, docstrings) is passed over."""
    return {item.name: item for item in ast.parse(source).body if isinstance(item, ast.FunctionDef)}


def assembly(
    trees: Mapping[str, ast.FunctionDef],
    exported: Collection[str],
    elsewhere: Collection[str] = (),
    constants: Mapping[str, int] = MappingProxyType({}),
    types: Mapping[str, str] = NO_TYPES,
    inlined: Collection[str] = (),
) -> str:
    """These functions as the text of an LLVM module: those that are exported, and those that they call.

    Functions `elsewhere` are declared only: another module has them.  `constants` are names that stand for numbers,
    `types` are names that stand for types.  Those `inlined` become a part of each function that calls them.
    """
    known = {name: _signature(tree, types) for name, tree in trees.items()}
    parts = {name: f"declare {_head(name, known[name])}\n" for name in trees if name in elsewhere}
    needed = [name for name in trees if name in exported]
    for name in needed:  # grows meanwhile
        linkage = "" if name in exported else "internal "
        attribute = " alwaysinline" if name in inlined else ""
        body = _body(trees[name], known, constants)
        parts[name] = f"define {linkage}{_head(name, known[name])}{attribute} {body}"
        called = (other for other in trees if other not in parts and other not in needed and f"@{other}(" in body)
        needed.extend(called)
    return "\n".join([INTRINSIC_DECLARATIONS, *(parts[name] for name in trees if name in parts)])


def _signature(tree: ast.FunctionDef, types: Mapping[str, str]) -> Signature:
    nothing = isinstance(tree.returns, ast.Constant) and tree.returns.value is None
    return Signature(tuple(_type(argument.annotation, types) for argument in tree.args.args), not nothing)


def _type(node: ast.expr | None, types: Mapping[str, str]) -> str:
    if isinstance(node, ast.Name):
        name = types.get(node.id, node.id)
        if name == "u64" or name in ARRAYS:
            return name
    raise EngineBug(f"not a type of the subset: {ast.dump(node) if node else 'nothing'}")


def _head(name: str, signature: Signature) -> str:
    arguments = ", ".join(f"{_llvm(kind)} %a{at}" for at, kind in enumerate(signature.arguments))
    return f"{'i64' if signature.result else 'void'} @{name}({arguments}) nounwind"


def _llvm(kind: str) -> str:
    return "i64" if kind == "u64" else "ptr"


def _body(tree: ast.FunctionDef, known: Mapping[str, Signature], constants: Mapping[str, int]) -> str:
    """The blocks of a function: with as many names in registers as can be."""
    framed = _assigned_more_than_once(tree)
    while True:
        before = len(framed)
        text = _Function(tree, known, constants, framed).text()
        if len(framed) == before:
            return text


def _assigned_more_than_once(tree: ast.FunctionDef) -> set[str]:
    once = {argument.arg for argument in tree.args.args}
    more: set[str] = set()
    for name in _assignments(tree.body):
        (more if name in once else once).add(name)
    return more


def _assignments(body: Iterable[ast.stmt]) -> Iterable[str]:
    for statement in body:
        match statement:
            case ast.If(_, yes, no):
                yield from _assignments(yes)
                yield from _assignments(no)
            case ast.Assign([ast.Name(name)]):
                yield name
            case ast.AugAssign(ast.Name(name)):
                yield name
                yield name
            case ast.While(_, inside):
                yield from _assignments(inside)
            case _:
                pass


class _Function:
    """The body of one function, statement by statement.

    A value is a word as LLVM writes it: a number or a register.  `registers` are the names that have one here; `left`
    are those that had one in a block that is closed.  A name of these that is read all the same is added to `framed`,
    and then the text is worth nothing: it has to be written again.
    """

    def __init__(
        self, tree: ast.FunctionDef, known: Mapping[str, Signature], constants: Mapping[str, int], framed: set[str]
    ) -> None:
        self.tree, self.known, self.constants, self.framed = tree, known, constants, framed
        self.lines: list[str] = []
        self.frame: list[str] = []
        self.rows: list[str] = []
        self.registers: dict[str, str] = {}
        self.kinds: dict[str, str] = {}
        self.left: set[str] = set()
        self.loops: list[tuple[str, str]] = []
        self.numbers = 0
        self.label = "entry"
        self.open = True

    def text(self) -> str:
        """The whole body, in braces."""
        signature = self.known[self.tree.name]
        for at, (argument, kind) in enumerate(zip(self.tree.args.args, signature.arguments, strict=True)):
            self.assign(argument.arg, kind, f"%a{at}")
        self.block(self.tree.body)
        if self.open:
            self.lines.append(" unreachable" if signature.result else " ret void")
        return "\n".join(("{", "entry:", *self.frame, *self.lines, "}", *self.rows, ""))

    def new(self, instruction: str) -> str:
        """The register of an instruction."""
        self.numbers += 1
        name = f"%t{self.numbers}"
        self.lines.append(f" {name} = {instruction}")
        return name

    def fresh(self) -> str:
        """A label."""
        self.numbers += 1
        return f"b{self.numbers}"

    def begin(self, label: str) -> None:
        """What follows stands at a label."""
        self.lines.append(f"{label}:")
        self.label, self.open = label, True

    def end(self, last: str) -> None:
        """The last instruction of a block."""
        self.lines.append(f" {last}")
        self.open = False

    def go(self, label: str) -> None:
        if self.open:
            self.end(f"br label %{label}")

    # ---- statements

    def block(self, body: list[ast.stmt]) -> None:
        """Statements; names that get a register in them have none afterwards."""
        before = len(self.registers)
        for statement in body:
            if not self.open:
                break
            self.statement(statement)
        while len(self.registers) > before:
            self.left.add(self.registers.popitem()[0])

    def statement(self, node: ast.stmt) -> None:
        match node:
            case ast.If(test, yes, no):
                self.branch(test, yes, no)
            case ast.Assign([ast.Name(name)], value):
                self.assign(name, *self.typed(value))
            case ast.Assign([ast.Subscript(array, index)], value):
                self.write(array, index, self.value(value))
            case ast.AugAssign(ast.Name(name) as target, op, value):
                self.assign(name, "u64", self.operate(op, self.load(name, target), self.value(value), node))
            case ast.AugAssign(ast.Subscript(array, index), op, value):
                place, type = self.element(array, index)
                self.put(place, type, self.operate(op, self.get(place, type), self.value(value), node))
            case ast.While(test, body, []):
                self.loop(test, body)
            case ast.Break():
                self.go(self.loops[-1][1])
            case ast.Continue():
                self.go(self.loops[-1][0])
            case ast.Return(None):
                self.end("ret void")
            case ast.Return(value) if value is not None:
                self.end(f"ret i64 {self.value(value)}")
            case ast.Expr(ast.Call() as call):
                self.call(call)
            case ast.Expr(ast.Constant()) | ast.Pass():
                pass
            case _:
                raise self.refused(node)

    def branch(self, test: ast.expr, yes: list[ast.stmt], no: list[ast.stmt]) -> None:
        if isinstance(test, ast.Name) and test.id in self.constants:
            self.block(yes if self.constants[test.id] else no)
            return
        then, after = self.fresh(), self.fresh()
        otherwise = self.fresh() if no else after
        self.jump(test, then, otherwise)
        self.begin(then)
        self.block(yes)
        reached = self.open or not no
        self.go(after)
        if no:
            self.begin(otherwise)
            self.block(no)
            reached = reached or self.open
            self.go(after)
        if reached:
            self.begin(after)

    def loop(self, test: ast.expr, body: list[ast.stmt]) -> None:
        head, inside, after = self.fresh(), self.fresh(), self.fresh()
        self.go(head)
        self.begin(head)
        self.jump(test, inside, after)
        self.begin(inside)
        self.loops.append((head, after))
        self.block(body)
        self.loops.pop()
        self.go(head)
        self.begin(after)

    # ---- names

    def assign(self, name: str, kind: str, value: str) -> None:
        """A name that is assigned once is the register itself; any other is written to its place in the frame."""
        if name not in self.framed:
            self.registers[name], self.kinds[name] = value, kind
            return
        if name not in self.kinds:
            self.kinds[name] = kind
            self.frame.append(f" %{name}.f = alloca {_llvm(kind)}")
        self.lines.append(f" store {_llvm(kind)} {value}, ptr %{name}.f")

    def load(self, name: str, node: ast.AST) -> str:
        found = self.registers.get(name)
        if found is not None:
            return found
        if name not in self.kinds:
            raise self.refused(node)
        if name in self.left:
            self.framed.add(name)
        return self.new(f"load {_llvm(self.kinds[name])}, ptr %{name}.f")

    # ---- arrays

    def element(self, array: ast.expr, index: ast.expr) -> tuple[str, str]:
        """The address of an element, and its type."""
        if not isinstance(array, ast.Name):
            raise self.refused(array)
        base = self.load(array.id, array)
        type = ARRAYS[self.kinds[array.id]]
        at = self.value(index)
        return (base if at == "0" else self.new(f"getelementptr {type}, ptr {base}, i64 {at}")), type

    def get(self, place: str, type: str) -> str:
        value = self.new(f"load {type}, ptr {place}")
        return self.new(f"zext {type} {value} to i64") if type != "i64" else value

    def put(self, place: str, type: str, value: str) -> None:
        self.lines.append(f" store {type} {self.narrowed(value, type)}, ptr {place}")

    def narrowed(self, value: str, type: str) -> str:
        return self.new(f"trunc i64 {value} to {type}") if type != "i64" else value

    def write(self, array: ast.expr, index: ast.expr, value: str) -> None:
        place, type = self.element(array, index)
        self.put(place, type, value)

    # ---- expressions

    def typed(self, node: ast.expr) -> tuple[str, str]:
        """A value with its type: an address only as a name, or moved by `offset`."""
        match node:
            case ast.Name(name) if name not in self.constants:
                value = self.load(name, node)
                return self.kinds[name], value
            case ast.Call(ast.Name("offset"), [ast.Name() as array, count]):
                place, _ = self.element(array, count)
                return self.kinds[array.id], place
            case _:
                return "u64", self.value(node)

    def item(self, items: list[ast.expr], index: ast.expr) -> str:
        """An item of a row of integers, which is a constant of the module."""
        row, kind = f"@{self.tree.name}.{len(self.rows)}", f"[{len(items)} x i64]"
        filled = ", ".join(f"i64 {self.value(item)}" for item in items)
        self.rows.append(f"{row} = private unnamed_addr constant {kind} [{filled}]")
        place = self.new(f"getelementptr {kind}, ptr {row}, i64 0, i64 {self.value(index)}")
        return self.new(f"load i64, ptr {place}")

    def value(self, node: ast.expr) -> str:
        """A word."""
        match node:
            case ast.Name(name):
                if name in self.constants:
                    return str(self.constants[name])
                return self.load(name, node)
            case ast.Constant(value):
                if isinstance(value, int) and 0 <= value < 1 << 64:
                    return str(int(value))
                raise self.refused(node)
            case ast.BinOp(left, op, right):
                return self.operate(op, self.value(left), self.value(right), node)
            case ast.Subscript(ast.Tuple(items), index):
                return self.item(items, index)
            case ast.Subscript(array, index):
                return self.get(*self.element(array, index))
            case ast.Compare() | ast.UnaryOp(ast.Not()):
                return self.new(f"zext i1 {self.condition(node)} to i64")
            case ast.BoolOp():
                return self.choose(node, "1", "0")
            case ast.IfExp(test, yes, no):
                return self.choose(test, yes, no)
            case ast.Call():
                return self.call(node)
            case _:
                raise self.refused(node)

    def operate(self, op: ast.operator, left: str, right: str, node: ast.AST) -> str:
        name = OPERATORS.get(type(op))
        if name is None:
            raise self.refused(node)
        return self.new(f"{name} i64 {left}, {right}")

    def choose(self, test: ast.expr, yes: ast.expr | str, no: ast.expr | str) -> str:
        """`yes if test else no`; only one of them is evaluated."""
        then, otherwise, after = self.fresh(), self.fresh(), self.fresh()
        self.jump(test, then, otherwise)
        incoming = []
        for start, chosen in ((then, yes), (otherwise, no)):
            self.begin(start)
            value = chosen if isinstance(chosen, str) else self.value(chosen)
            incoming.append(f"[{value}, %{self.label}]")
            self.go(after)
        self.begin(after)
        return self.new(f"phi i64 {', '.join(incoming)}")

    def jump(self, test: ast.expr, then: str, otherwise: str) -> None:
        """Go to a label as a condition says; the operands of `and` and `or` are tested one after the other."""
        match test:
            case ast.BoolOp(op, [*first, last]):
                for operand in first:
                    more = self.fresh()
                    self.jump(operand, *((more, otherwise) if isinstance(op, ast.And) else (then, more)))
                    self.begin(more)
                self.jump(last, then, otherwise)
            case ast.UnaryOp(ast.Not(), operand):
                self.jump(operand, otherwise, then)
            case _:
                self.end(f"br i1 {self.condition(test)}, label %{then}, label %{otherwise}")

    def condition(self, node: ast.expr) -> str:
        """A bit."""
        match node:
            case ast.Compare(left, [op], [right]) if type(op) in COMPARISONS:
                return self.new(f"icmp {COMPARISONS[type(op)]} i64 {self.value(left)}, {self.value(right)}")
            case ast.UnaryOp(ast.Not(), operand):
                return self.new(f"xor i1 {self.condition(operand)}, true")
            case ast.Compare():
                raise self.refused(node)
            case _:
                return self.new(f"icmp ne i64 {self.value(node)}, 0")

    # ---- calls

    def call(self, node: ast.Call) -> str:
        """The word that a function returns; the empty text of one that returns none."""
        if not isinstance(node.func, ast.Name) or node.keywords:
            raise self.refused(node)
        name = node.func.id
        if name in INTRINSICS:
            return self.intrinsic(name, node)
        signature = self.known.get(name)
        if signature is None or len(signature.arguments) != len(node.args):
            raise self.refused(node)
        arguments = []
        for argument, kind in zip(node.args, signature.arguments, strict=True):
            found, value = self.typed(argument)
            if found != kind:
                raise self.refused(node)
            arguments.append(f"{_llvm(kind)} {value}")
        called = f"@{name}({', '.join(arguments)})"
        if signature.result:
            return self.new(f"call i64 {called}")
        self.lines.append(f" call void {called}")
        return ""

    def intrinsic(self, name: str, node: ast.Call) -> str:
        """What `intrinsics` does, as instructions."""
        match name, node.args:
            case "wrap_mul", [left, right]:
                return self.new(f"mul i64 {self.value(left)}, {self.value(right)}")
            case "wrap_add", [left, right]:
                return self.new(f"add i64 {self.value(left)}, {self.value(right)}")
            case "mul_high", [left, right]:
                wide = [self.new(f"zext i64 {self.value(side)} to i128") for side in (left, right)]
                product = self.new(f"mul i128 {', '.join(wide)}")
                upper = self.new(f"lshr i128 {product}, 64")
                return self.new(f"trunc i128 {upper} to i64")
            case "popcount", [word]:
                return self.new(f"call i64 @llvm.ctpop.i64(i64 {self.value(word)})")
            case "prefetch", [array, index]:
                place, _ = self.element(array, index)
                self.lines.append(f" call void @llvm.prefetch.p0(ptr {place}, i32 0, i32 3, i32 1)")
                return ""
            case (("peek" | "claim" | "take"), [array, index, *values]):
                return self.shared(name, array, index, [self.value(value) for value in values])
            case _:
                raise self.refused(node)

    def shared(self, name: str, array: ast.expr, index: ast.expr, values: list[str]) -> str:
        """An element that several threads read and write."""
        place, type = self.element(array, index)
        new = [self.narrowed(value, type) for value in values]
        match name, new:
            case "peek", []:
                old = self.new(f"load atomic {type}, ptr {place} acquire, align {int(type[1:]) // 8}")
            case "claim", [value]:
                pair = self.new(f"cmpxchg ptr {place}, {type} 0, {type} {value} acq_rel acquire")
                old = self.new(f"extractvalue {{{type}, i1}} {pair}, 0")
            case "take", [count]:
                old = self.new(f"atomicrmw add ptr {place}, {type} {count} acq_rel")
            case _:
                raise EngineBug(f"{self.tree.name}: {name} takes other arguments")
        return self.new(f"zext {type} {old} to i64") if type != "i64" else old

    def refused(self, node: ast.AST) -> EngineBug:
        """Something that is not in the subset: a fault of the kernel or the emitter."""
        return EngineBug(f"{self.tree.name}: not in the subset: {ast.unparse(node)}")
