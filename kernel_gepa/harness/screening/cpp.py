"""What C++ gives away: read as a syntax tree, so that comments, strings and names like `file_count` say nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

import tree_sitter_cpp
from tree_sitter import Language, Node, Parser

from kernel_gepa.harness.screening import cpp_rules as rules

# What declares a name of the kernel's own: only these make an everyday word harmless.
DECLARING = {
    "init_declarator", "parameter_declaration", "optional_parameter_declaration", "function_definition",
    "field_declaration", "declaration", "structured_binding_declarator", "lambda_capture_specifier",
    "for_range_loop", "enumerator", "type_parameter_declaration", "alias_declaration", "preproc_def",
    "preproc_function_def", "struct_specifier", "class_specifier", "namespace_definition",
}  # fmt: skip
NAMES = {"identifier", "field_identifier", "type_identifier", "namespace_identifier"}
ASSEMBLY = re.compile(r"\b(syscall|sysenter|int\s+\$?0x80|rdtscp?|rdpmc|cpuid)\b")
HIDDEN_ASSEMBLY = re.compile(r"\.(byte|word|long|quad|ascii|incbin|include|section|pushsection|symver|globl|global)\b")


def reasons(text: str, *, inline: bool = False) -> Iterator[str]:
    """Why a kernel with this text is refused. `inline`: it is an extension for torch and may use its headers."""
    root = parsed(text)
    own = _declared(root)
    for node in walk(root):
        yield from _of_node(node, own, inline=inline)


def parsed(text: str) -> Node:
    # A backslash at the end of a line may stand in the middle of a name.
    return _parser().parse(text.replace("\\\r\n", "").replace("\\\n", "").encode(errors="replace")).root_node


@cache
def _parser() -> Parser:
    return Parser(Language(tree_sitter_cpp.language()))


def walk(node: Node) -> Iterator[Node]:
    pending = [node]
    while pending:
        current = pending.pop()
        yield current
        pending.extend(reversed(current.children))


def text_of(node: Node | None) -> str:
    return (node.text or b"").decode(errors="replace") if node is not None else ""


def _of_node(node: Node, own: frozenset[str], *, inline: bool) -> Iterator[str]:
    match node.type:
        case "preproc_include":
            yield from _include(node.child_by_field_name("path"), inline=inline)
        case "identifier" | "namespace_identifier" | "type_identifier":
            yield from _name(node, own)
        case "preproc_arg":
            yield from _macro(text_of(node), own)
        case "function_definition":
            yield from _definition(node)
        case "attribute_specifier" | "attribute_declaration" | "attribute":
            said = text_of(node)
            yield from (why for word, why in rules.ATTRIBUTES.items() if re.search(rf"\b_*{word}_*\b|\.{word}\b", said))
        case "gnu_asm_expression":
            yield from _assembly(node)
        case "string_content" | "raw_string_content":
            if re.search(rules.PATHS, text_of(node)) and not _in_assembly(node):
                yield f"names a file or a setting of the system: {text_of(node)[:60]!r}"
        case _:
            pass


def _include(path: Node | None, *, inline: bool) -> Iterator[str]:
    if path is None:
        return
    name = text_of(path).strip('<>"')
    if path.type == "string_literal":
        yield f'includes "{name}": a kernel is one text'
    elif path.type != "system_lib_string":
        yield f"includes what a macro names ({name}): a kernel is one text"
    if inline and re.fullmatch(rules.INLINE_HEADERS, name):
        return
    for reason, pattern in rules.HEADERS.items():
        if re.fullmatch(pattern, name):
            yield f"includes <{name}>: {reason}"


def _name(node: Node, own: frozenset[str]) -> Iterator[str]:
    name = text_of(node)
    if name in rules.REFUSED and not (name in own and name in rules.EVERYDAY) and not _is_member(node):
        yield f"calls {name}(): {rules.REFUSED[name]}"
    elif name == "thread" and _in_std(node):
        yield f"uses std::thread: {rules.THREADS}"
    elif re.match(r"_?Py[A-Z]\w*_\w+|Py_\w+", name):
        yield f"calls {name}: {rules.INTERPRETER}"


def _is_member(node: Node) -> bool:
    """`Own::open`, where Own is not std or a namespace of it."""
    above = node.parent
    if above is None or above.type != "qualified_identifier":
        return False
    scope = above.child_by_field_name("scope")
    return (
        scope is not None and scope != node and not re.match(r"(std|this_thread|chrono|experimental)\b", text_of(scope))
    )


def _in_std(node: Node) -> bool:
    above = node.parent
    return above is not None and above.type == "qualified_identifier" and text_of(above).startswith("std::")


def _macro(body: str, own: frozenset[str]) -> Iterator[str]:
    """The parser does not look into macros. Pasted words are joined first: fo##rk is fork."""
    plain = re.sub(r'"(?:[^"\\]|\\.)*"|//.*|/\*.*?\*/', " ", re.sub(r"\s*##\s*", "", body), flags=re.DOTALL)
    for name in re.findall(r"[A-Za-z_]\w*", plain):
        if name in rules.REFUSED and not (name in own and name in rules.EVERYDAY):
            yield f"calls {name}() in a macro: {rules.REFUSED[name]}"


def _definition(node: Node) -> Iterator[str]:
    """A function that takes the place of one of the C library's."""
    declarator = node.child_by_field_name("declarator")
    while declarator is not None and declarator.type in ("pointer_declarator", "reference_declarator"):
        declarator = declarator.child_by_field_name("declarator")
    if declarator is None or declarator.type != "function_declarator":
        return
    name = declarator.child_by_field_name("declarator")
    if name is None:
        return
    if name.type == "operator_name" and re.match(r"operator\s*(new|delete)\b", text_of(name)):
        if _at_top(node):
            yield f"replaces {text_of(name)}: {rules.LINKER}"
    elif name.type == "identifier" and text_of(name) in rules.INTERPOSED and _at_top(node) and not _private(node):
        yield f"defines {text_of(name)}(): {rules.LINKER}"


def _private(function: Node) -> bool:
    """Seen by nobody else: static, inline, constexpr, or a template."""
    words = {text_of(c) for c in function.children if c.type in ("storage_class_specifier", "type_qualifier")}
    above = function.parent
    return bool(words & {"static", "inline", "constexpr", "consteval"}) or (
        above is not None and above.type == "template_declaration"
    )


def _at_top(node: Node) -> bool:
    """In no class and no namespace but extern "C"."""
    above = node.parent
    while above is not None:
        if above.type in ("namespace_definition", "class_specifier", "struct_specifier", "lambda_expression"):
            return False
        above = above.parent
    return True


def _assembly(node: Node) -> Iterator[str]:
    said = text_of(node)
    above = node.parent
    if above is not None and re.search("declarat", above.type):
        yield f"gives a symbol another name in assembly: {rules.LINKER}"
    if ASSEMBLY.search(said):
        yield "makes system calls or reads a clock in assembly"
    elif HIDDEN_ASSEMBLY.search(said):
        yield "hides instructions or files in assembly"


def _in_assembly(node: Node) -> bool:
    above = node.parent
    while above is not None and above.type in ("string_literal", "concatenated_string"):
        above = above.parent
    return above is not None and above.type == "gnu_asm_expression"


def _declared(root: Node) -> frozenset[str]:
    """Names that the text itself says the meaning of: with a body, a value or a type, not a mere prototype."""
    found = set()
    for node in walk(root):
        if node.type not in DECLARING:
            continue
        name = node.child_by_field_name("name") or node.child_by_field_name("declarator")
        prototype = node.type == "declaration"
        while name is not None and name.type not in NAMES:
            if name.type == "function_declarator" and prototype:
                name = None
                break
            name = name.child_by_field_name("declarator") or next((c for c in name.children if c.type in NAMES), None)
        if name is not None:
            found.add(text_of(name))
    return frozenset(found)
