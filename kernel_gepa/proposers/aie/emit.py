"""The body of a scalar loop, written once more for lanes: what was one value is a vector, what was a branch is a mask.

Nothing is proved here. A shape that is not known raises NotVectorisable; whether the result is right the bench decides.
"""

from __future__ import annotations

from collections.abc import Iterator

from tree_sitter import Node

from kernel_gepa.proposers.aie.expressions import (
    FLOAT,
    FLOATS,
    INT,
    MASK,
    UNIFORM,
    Expressions,
    NotVectorisable,
    Value,
    in_parentheses,
)
from kernel_gepa.proposers.transform.loops import as_loop, statements
from kernel_gepa.proposers.transform.source import child, code, indented, names, walk


class Emitter(Expressions):
    """Writes one loop over `var` for lanes."""

    def body(self, node: Node) -> list[str]:
        self.lanes.update(self.accumulators)
        stepped = _stepped_pointers(node)
        found = list(self._block(node, "", skipped=stepped))
        head = [f"{kind} {name};" for name, kind in self.stored.values()]
        if self.alive:
            head.append("LaneMask alive(true);")
        return [*head, *found, *(f"{place.replace('@', name)};" for place, (name, _) in self.stored.items())]

    # ------------------------------------------------------------ statements

    def _block(self, node: Node, mask: str, *, skipped: frozenset[str] = frozenset()) -> Iterator[str]:
        for statement in statements(node):
            inside = statement.named_children[:1] if statement.type == "expression_statement" else []
            if any(code(n).strip("+") in skipped for n in inside):
                continue
            yield from self._statement(statement, self._with_alive(mask))

    def _with_alive(self, mask: str) -> str:
        if not self.alive or "alive" in mask:
            return mask
        return f"({mask} & alive)" if mask else "alive"

    def _statement(self, node: Node, mask: str) -> Iterator[str]:
        match node.type:
            case "comment":
                return
            case "compound_statement":
                yield "{"
                yield from indented(self._block(node, mask))
                yield "}"
            case "declaration":
                yield from self._declaration(node)
            case "expression_statement":
                yield from self._expression_statement(node, mask)
            case "if_statement":
                yield from self._if(node, mask)
            case "for_statement":
                yield from self._uniform_loop(node, mask)
            case "while_statement":
                yield from self._while(node, mask)
            case "continue_statement":
                self.alive = True
                yield f"alive = alive & ~{mask};" if mask else "alive = LaneMask(false);"
            case _:
                raise NotVectorisable(node.type)

    def _declaration(self, node: Node) -> Iterator[str]:
        kind = child(node, "type")
        declarators = node.children_by_field_name("declarator")
        if kind is None:
            raise NotVectorisable("a declaration")
        if kind.type == "union_specifier":
            yield from self._union(node)
            return
        constant = "const " if code(node).startswith(("const ", "constexpr ")) else ""
        for declarator in declarators:
            value = child(declarator, "value") if declarator.type == "init_declarator" else None
            name_node = child(declarator, "declarator") if declarator.type == "init_declarator" else declarator
            if name_node is None or name_node.type != "identifier":
                raise NotVectorisable("a declarator")
            name = code(name_node)
            moved = self._linear(value) if value is not None and code(kind) not in FLOATS else None
            if moved is not None and moved.coefficient:
                self.moving[name] = moved
                continue
            found = self._value(value) if value is not None else None
            if found is not None and found.type == UNIFORM and name not in self.changed:
                yield f"{constant}{code(kind)} {name} = {found.text};"
                continue
            wanted = MASK if code(kind) == "bool" else FLOAT if code(kind) in FLOATS else INT
            self.lanes[name] = wanted
            yield f"{wanted} {name} = {found.as_type(wanted)};" if found is not None else f"{wanted} {name};"

    def _union(self, node: Node) -> Iterator[str]:
        """A union of an integer and a float is an integer whose bits are read either way."""
        for declarator in node.children_by_field_name("declarator"):
            inner = child(declarator, "declarator") if declarator.type == "init_declarator" else declarator
            if inner is None or inner.type != "identifier":
                raise NotVectorisable("a union")
            name = code(inner)
            self.unions[name] = name
            self.lanes[name] = INT
            value = child(declarator, "value") if declarator.type == "init_declarator" else None
            given = [n for n in walk(value) if n.type == "initializer_pair"] if value is not None else []
            if not given:
                yield f"{INT} {name};"
                continue
            field_node, content = given[0].named_children[0], given[0].named_children[1]
            yield f"{INT} {name} = {self._bits(code(field_node).strip('.'), self._value(content))};"

    @staticmethod
    def _bits(field_name: str, value: Value) -> str:
        return f"as_int({value.as_type(FLOAT)})" if field_name == "f" else value.as_type(INT)

    def _expression_statement(self, node: Node, mask: str) -> Iterator[str]:
        inside = node.named_children[0] if node.named_children else None
        if inside is None:
            return
        if inside.type == "update_expression":
            argument = child(inside, "argument")
            if argument is None or code(argument) not in self.lanes:
                raise NotVectorisable("an update")
            op = "+" if "++" in code(inside) else "-"
            yield self._assigned(code(argument), Value(f"{code(argument)} {op} 1", self.lanes[code(argument)]), mask)
        elif inside.type == "assignment_expression":
            yield from self._assignment(inside, mask)
        elif inside.type == "call_expression" and code(inside).startswith(("memcpy(", "std::memcpy(")):
            to, source = (code(n).lstrip("&") for n in inside.named_children[1].named_children[:2])
            if to not in self.lanes or source not in self.lanes:
                raise NotVectorisable("memcpy")
            cast = "as_float" if self.lanes[to] == FLOAT else "as_int"
            yield self._assigned(to, Value(f"{cast}({source})", self.lanes[to]), mask)
        else:
            raise NotVectorisable(inside.type)

    def _assignment(self, node: Node, mask: str) -> Iterator[str]:
        left, right = child(node, "left"), child(node, "right")
        if left is None or right is None:
            raise NotVectorisable("an assignment")
        op = code(node.children[1])
        value = self._value(right)
        if left.type == "field_expression":
            name, field_name = (code(n) for n in left.named_children[:2])
            if name not in self.unions or op != "=":
                raise NotVectorisable("a field")
            yield self._assigned(name, Value(self._bits(field_name, value), INT), mask)
            return
        place = self._place(left)
        if place is not None:
            name, kind = place
        elif left.type == "identifier" and code(left) in self.lanes:
            name, kind = code(left), self.lanes[code(left)]
        else:
            raise NotVectorisable(f"an assignment to {code(left)}")
        if op != "=":
            if place is not None:
                raise NotVectorisable("an output that is read")
            value = Value(f"{name} {op[:-1]} {in_parentheses(value.text)}", kind)
        yield self._assigned(name, Value(value.as_type(kind), kind), mask)

    @staticmethod
    def _assigned(name: str, value: Value, mask: str) -> str:
        return f"{name} = chosen({mask}, {value.text}, {name});" if mask else f"{name} = {value.text};"

    def _place(self, node: Node) -> tuple[str, str] | None:
        """The variable that collects what is stored to `p[i]`; it is written once, after everything."""
        found = self._subscript(node)
        if found is None:
            return None
        pointer, at = found
        if at.coefficient != 1:
            raise NotVectorisable("a store that is not to neighbours")
        how = "store" if at.rest in ("", "0") else "store_at"
        offset = "" if how == "store" else f" + {at.rest}"
        place = f"{how}({pointer} + {self.var}{offset}, @)"
        kind = FLOAT if self.pointers[pointer] in FLOATS else INT
        return self.stored.setdefault(place, (f"stored{len(self.stored)}", kind))

    def _if(self, node: Node, mask: str) -> Iterator[str]:
        condition, then = child(node, "condition"), child(node, "consequence")
        inner = child(condition, "value") if condition is not None else None
        if inner is None or then is None:
            raise NotVectorisable("an if")
        other = child(node, "alternative")
        otherwise = other.named_children[0] if other is not None and other.named_children else None
        found = self._value(inner)
        if found.type == UNIFORM:
            yield f"if ({found.text}) {{"
            yield from indented(self._branch(then, mask))
            yield "}"
            if otherwise is not None:
                yield "else {"
                yield from indented(self._branch(otherwise, mask))
                yield "}"
            return
        self._masks += 1
        name = f"where{self._masks}"
        yield f"const LaneMask {name} = {self._masked(found.as_type(MASK), mask)};"
        if otherwise is not None:
            yield f"const LaneMask not_{name} = {self._masked(f'~{in_parentheses(found.as_type(MASK))}', mask)};"
        yield "{"
        yield from indented(self._branch(then, name))
        yield "}"
        if otherwise is not None:
            yield "{"
            yield from indented(self._branch(otherwise, f"not_{name}"))
            yield "}"

    @staticmethod
    def _masked(condition: str, mask: str) -> str:
        return f"{in_parentheses(condition)} & {mask}" if mask else condition

    def _branch(self, node: Node, mask: str) -> Iterator[str]:
        """Names that a branch declares end with it."""
        before = dict(self.lanes)
        yield from self._block(node, mask)
        self.lanes = {**{n: t for n, t in self.lanes.items() if n in before}, **before}

    def _uniform_loop(self, node: Node, mask: str) -> Iterator[str]:
        loop = as_loop(node)
        header = names(node) & (set(self.lanes) | {self.var} | set(self.moving)) & (loop.mentions if loop else set())
        if loop is None or header or any(n.type in ("break_statement", "continue_statement") for n in walk(loop.body)):
            raise NotVectorisable("a loop inside")
        yield f"{loop.header()} {{"
        yield from indented(self._branch(loop.body, mask))
        yield "}"

    def _while(self, node: Node, mask: str) -> Iterator[str]:
        condition, body = child(node, "condition"), child(node, "body")
        inner = child(condition, "value") if condition is not None else None
        if inner is None or body is None:
            raise NotVectorisable("a while")
        found = self._value(inner)
        if found.type == UNIFORM or any(n.type in ("break_statement", "continue_statement") for n in walk(body)):
            raise NotVectorisable("a while")
        self._masks += 1
        name, test = f"still{self._masks}", found.text
        if found.type != MASK:
            test = f"{in_parentheses(found.text)} != {found.type}(0)"
        test = self._masked(test, mask)
        yield f"for (LaneMask {name} = {test}; !{name}.empty(); {name} = {test}) {{"
        yield from indented(self._branch(body, name))
        yield "}"


def _stepped_pointers(body: Node) -> frozenset[str]:
    """Pointers that the body moves on by one at its end."""
    found = set()
    for statement in statements(body):
        if statement.type == "expression_statement" and statement.named_children:
            inside = statement.named_children[0]
            if inside.type == "update_expression" and code(inside).endswith("++"):
                found.add(code(inside)[:-2])
    return frozenset(found)
