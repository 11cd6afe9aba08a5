"""Expressions of a scalar loop, written once more for lanes, and what is known of the names in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tree_sitter import Node

from kernel_gepa.proposers.aie.linear import Linear, linear
from kernel_gepa.proposers.transform.source import child, code, names, walk

FLOATS = {"float", "double", "bfloat16"}
CALLS = {
    "fabsf": "magnitude", "fabs": "magnitude", "std::abs": "magnitude", "std::fabs": "magnitude", "abs": "magnitude",
    "std::max": "larger", "std::fmax": "larger", "fmaxf": "larger", "std::min": "smaller", "std::fmin": "smaller",
    "fminf": "smaller",
}  # fmt: skip
FLOAT, INT, MASK, UNIFORM = "FloatLanes", "IntLanes", "LaneMask", ""


class NotVectorisable(Exception):
    """A shape that this knows nothing of; the loop is left as it is."""


@dataclass(frozen=True, slots=True)
class Value:
    """C++ text and its type; UNIFORM is one value for all lanes."""

    text: str
    type: str

    def as_type(self, wanted: str) -> str:
        return self.text if self.type == wanted else f"{wanted}({self.text})"


@dataclass
class Expressions:
    """`pointers` are the parameters with their element types, `lanes` the variables that hold a vector each."""

    var: str
    first: str
    known: Mapping[str, int]
    pointers: Mapping[str, str]
    accumulators: Mapping[str, str]  # name -> lane type
    changed: frozenset[str]  # variables that the body assigns after they are declared
    lanes: dict[str, str] = field(default_factory=dict)
    moving: dict[str, Linear] = field(default_factory=dict)
    stored: dict[str, tuple[str, str]] = field(default_factory=dict)  # place -> variable and its type
    unions: dict[str, str] = field(default_factory=dict)
    alive: bool = False
    _masks: int = 0

    def _linear(self, node: Node) -> Linear | None:
        return (
            None if names(node) & set(self.lanes) or _reads(node) else linear(node, self.var, self.known, self.moving)
        )

    def _subscript(self, node: Node) -> tuple[str, Linear] | None:
        """Pointer and place of `p[...]`, `*(p + ...)` and `*p`; None for anything else."""
        if node.type == "subscript_expression":
            pointer, index = node.named_children[0], node.named_children[1]
            if index.type == "subscript_argument_list":
                index = index.named_children[0]
            at = self._linear(index)
        elif node.type == "pointer_expression" and code(node).startswith("*"):
            inner = node.named_children[0]
            while inner.type == "parenthesized_expression":
                inner = inner.named_children[0]
            if inner.type == "identifier":
                pointer, at = inner, Linear(1)
            elif inner.type == "binary_expression":
                pointer = next(n for n in walk(inner) if n.type == "identifier")
                at = linear(inner, self.var, self.known, {**self.moving, code(pointer): Linear(0, "0")})
            else:
                return None
        else:
            return None
        if code(pointer) not in self.pointers:
            return None
        if at is None:
            raise NotVectorisable("a subscript")
        return code(pointer), at

    def _loaded(self, node: Node) -> Value | None:
        found = self._subscript(node)
        if found is None:
            return None
        pointer, at = found
        kind = FLOAT if self.pointers[pointer] in FLOATS else INT
        rest = at.rest or "0"
        if at.coefficient == 0:
            return Value(f"{pointer}[{rest}]", UNIFORM)
        if at.coefficient == 1:
            here = f"{pointer} + {self.var}"
            return Value(f"loaded({here})" if rest == "0" else f"loaded_at({here} + {rest})", kind)
        if at.coefficient in (2, 4):
            return Value(f"loaded_every<{at.coefficient}>({pointer} + {at.coefficient} * {self.var}, {rest})", kind)
        raise NotVectorisable("a stride")

    def _value(self, node: Node) -> Value:
        loaded = self._loaded(node)
        if loaded is not None:
            return loaded
        match node.type:
            case "number_literal" | "true" | "false" | "char_literal":
                return Value(code(node), UNIFORM)
            case "identifier":
                return self._named(code(node))
            case "parenthesized_expression":
                inner = self._value(node.named_children[0])
                return Value(f"({inner.text})", inner.type)
            case "unary_expression":
                return self._unary(node)
            case "binary_expression":
                return self._binary(node)
            case "conditional_expression":
                return self._conditional(node)
            case "cast_expression":
                kind = child(node, "type")
                return self._cast(code(kind) if kind is not None else "", child(node, "value"))
            case "call_expression":
                return self._call(node)
            case "field_expression":
                name, field_name = (code(n) for n in node.named_children[:2])
                if name in self.unions:
                    return Value(f"as_float({name})", FLOAT) if field_name == "f" else Value(name, INT)
            case "pointer_expression":
                return self._punned(node)
        raise NotVectorisable(f"{node.type}: {code(node)}")

    def _named(self, name: str) -> Value:
        if name == self.var or name in self.moving:
            raise NotVectorisable("the loop's own variable as a value")
        return Value(name, self.lanes.get(name, UNIFORM))

    def _punned(self, node: Node) -> Value:
        """`*(float *)&x`"""
        text = code(node).replace(" ", "")
        for start, cast, kind in (
            ("*(float*)&", "as_float", FLOAT),
            ("*(int32_t*)&", "as_int", INT),
            ("*(int*)&", "as_int", INT),
        ):
            if text.startswith(start) and text.removeprefix(start) in self.lanes:
                return Value(f"{cast}({text.removeprefix(start)})", kind)
        raise NotVectorisable(text)

    def _unary(self, node: Node) -> Value:
        argument = child(node, "argument")
        if argument is None:
            raise NotVectorisable("an operator")
        inner, op = self._value(argument), code(node.children[0])
        if op == "!" and inner.type != UNIFORM:
            return Value(f"~{in_parentheses(inner.as_type(MASK))}", MASK)
        return Value(f"{op}{inner.text}", inner.type)

    def _binary(self, node: Node) -> Value:
        left, right, op = child(node, "left"), child(node, "right"), code(node.children[1])
        if left is None or right is None:
            raise NotVectorisable("an operator")
        a, b = self._value(left), self._value(right)
        if a.type == b.type == UNIFORM:
            return Value(f"{a.text} {op} {b.text}", UNIFORM)
        if op in ("&&", "||"):
            return Value(f"({a.as_type(MASK)} {op[0]} {b.as_type(MASK)})", MASK)
        if op in ("<", ">", "<=", ">=", "==", "!="):
            return Value(f"({a.text} {op} {b.text})", MASK)
        if op in ("<<", ">>"):
            if b.type != UNIFORM:
                raise NotVectorisable("a shift by lanes")
            return Value(f"({a.as_type(INT)} {op} {b.text})", INT)
        if op in ("%", ",") or (op == "/" and FLOAT not in (a.type, b.type) and not _is_float(b.text)):
            raise NotVectorisable(f"an integer {op}")
        kind = FLOAT if FLOAT in (a.type, b.type) or _is_float(a.text) or _is_float(b.text) else INT
        if op in ("&", "|", "^"):
            kind = INT
        x, y = (v.text if v.type in (kind, UNIFORM) else v.as_type(kind) for v in (a, b))
        return Value(f"({x} {op} {y})", kind)

    def _conditional(self, node: Node) -> Value:
        parts = [child(node, f) for f in ("condition", "consequence", "alternative")]
        if any(p is None for p in parts):
            raise NotVectorisable("a conditional")
        condition, yes, no = (self._value(p) for p in parts if p is not None)
        if condition.type == UNIFORM:
            if yes.type == no.type:
                return Value(f"({condition.text} ? {yes.text} : {no.text})", yes.type)
            raise NotVectorisable("a conditional of two kinds")
        kinds = {yes.type, no.type} - {UNIFORM}
        if not kinds:
            kinds = {FLOAT if _is_float(yes.text) or _is_float(no.text) else INT}
        kind = FLOAT if FLOAT in kinds else kinds.pop()
        return Value(f"chosen({condition.as_type(MASK)}, {yes.as_type(kind)}, {no.as_type(kind)})", kind)

    def _cast(self, kind: str, value: Node | None) -> Value:
        if not kind or value is None:
            raise NotVectorisable("a cast")
        inner = self._value(value)
        if inner.type == UNIFORM:
            return Value(f"({kind})({inner.text})", UNIFORM)
        wanted = FLOAT if kind in FLOATS else INT
        if inner.type == MASK:
            return Value(f"chosen({inner.text}, {wanted}(1), {wanted}(0))", wanted)
        return Value(inner.as_type(wanted), wanted)

    def _call(self, node: Node) -> Value:
        function, arguments = child(node, "function"), child(node, "arguments")
        if function is None or arguments is None:
            raise NotVectorisable("a call")
        name = code(function).strip("()")  # the parser takes `(bfloat16)(x)` for a call
        given = arguments.named_children
        if function.type == "primitive_type" or name in FLOATS or name.endswith("_t") or name == "unsigned":
            return self._cast(name, given[0])
        if name.startswith("static_cast<"):
            types = ("primitive_type", "type_identifier", "type_descriptor")
            return self._cast(code(next(n for n in walk(function) if n.type in types)), given[0])
        values = [self._value(n) for n in given]
        if all(v.type == UNIFORM for v in values):
            return Value(code(node), UNIFORM)
        wanted = CALLS.get(name.partition("<")[0])
        if wanted is None:
            raise NotVectorisable(f"a call of {name}")
        kind = FLOAT if FLOAT in {v.type for v in values} else INT
        return Value(f"{wanted}({', '.join(v.as_type(kind) for v in values)})", kind)


def in_parentheses(text: str) -> str:
    return text if text.replace("_", "").isalnum() or text.startswith("(") else f"({text})"


def _is_float(text: str) -> bool:
    """A literal, or a product of them, that is no integer."""
    return any(c.isdigit() for c in text) and ("." in text or text.endswith("f")) and "0x" not in text


def _reads(node: Node) -> bool:
    return any(
        n.type in ("subscript_expression", "pointer_expression", "call_expression", "field_expression")
        for n in walk(node)
    )
