"""A starting kernel from what TorchInductor generates for the reference: its C++, made to stand alone in a `ModelNew`.

It is torch.compile's work and is labelled so (harness/screening/makers.py); what counts is the speedup against it.
Shapes are constants in generated code, so there is one program for each workload, chosen by the shapes of the inputs.
docs/decisions/0021-inductor-seeds.md says what is taken over and where that ends.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from kernel_gepa.domain.provenance import INDUCTOR
from kernel_gepa.domain.task import ScalarSpec, Task, TensorSpec, Workload
from kernel_gepa.errors import TaskError

KERNEL = re.compile(r"^(\w+) = async_compile\.cpp_pybinding\((\[.*?\]), r?'''(.*?)'''\)", re.MULTILINE | re.DOTALL)
POINTER = re.compile(r"(const )?(\w+)\*")
CHECKED_DIVISION = re.compile(r"^.*inductor_cpu_integer_div_error.*\n", re.MULTILINE)
INCLUDE = "#include <torch/csrc/inductor/cpp_prefix.h>"
MOST_CHARACTERS = 150_000  # some 50 000 tokens in every prompt, and minutes for a compiler
LEFT_OUT = ("assert_size_stride", "assert_alignment")  # shapes are looked at when a program is chosen
LIBRARY = ("mm", "addmm", "bmm", "baddbmm", "convolution")  # extern_kernels.NAME is torch.NAME


@dataclass(frozen=True, slots=True)
class Generated:
    """What TorchInductor made for one workload. `state` are the names of the first arguments, `several`: it returns a
    tuple, `macros` and `flags` are what its C++ is written for and built with.
    """

    workload: Workload
    code: str
    state: tuple[str, ...]
    several: bool
    macros: tuple[str, ...]
    flags: tuple[str, ...]


def seed(task: Task, start: str, programs: Sequence[Generated], version: str) -> str:
    """The text of a `ModelNew`. `start` is the reference with its class renamed. Raises TaskError that says what is in
    the generated code that cannot stand alone.
    """
    found = [_Program(number, made, task) for number, made in enumerate(programs)]
    kernels = _numbered(found)
    if not kernels:
        raise TaskError(
            f"TorchInductor generates no kernel for {task.id}, only calls of libraries; leave out --seed inductor"
        )
    maker = f"TorchInductor, PyTorch {version}"
    title = f'"""What torch.compile generates for the reference ({maker}): its work, to start from."""'
    head, model = _with_forward(start, found)
    build = f"""load_inline(
    "{INDUCTOR}_{re.sub(r"[^0-9A-Za-z]", "_", task.id)}",
    cpp_sources=SOURCE,
    extra_cflags={list(programs[0].flags)!r},
    no_implicit_headers=True,
    is_python_module=False,
)
"""
    imports = f"{head}\nfrom torch.utils.cpp_extension import load_inline"
    source = f"SOURCE = r'''\n{_source(kernels, programs[0].macros)}'''\n\n{build}"
    parts = [title, imports, source, *(p.text(kernels) for p in found), model]
    text = "\n\n".join(part.strip("\n") for part in parts) + "\n"
    if len(text) > MOST_CHARACTERS:
        raise TaskError(
            f"TorchInductor generates {len(text) // 1000} thousand characters for {task.id} (it unrolls loops of "
            f"Python), and nobody improves more than {MOST_CHARACTERS // 1000} thousand; leave out --seed inductor"
        )
    return text


def _numbered(programs: Sequence[_Program]) -> dict[tuple[str, str], str]:
    """Every different kernel, by its parameters and its text, with the name that it gets."""
    found = dict[tuple[str, str], str]()
    for program in programs:
        for kernel in program.kernels.values():
            found.setdefault(kernel, f"{'_'.join(program.names[kernel].split('_')[1:-1])[:40]}_{len(found)}")
    return found


def _source(kernels: dict[tuple[str, str], str], macros: Sequence[str]) -> str:
    defines = [f"#define {macro.replace('=', ' ', 1)}" for macro in macros]
    if not any(m.startswith("CPU_CAPABILITY=") for m in macros):
        defines += [f"#define CPU_CAPABILITY {m.removeprefix('CPU_CAPABILITY_')}" for m in macros if "CAPABILITY_" in m]
    bodies = [
        re.sub(r'extern "C"\s+void\s+kernel\(', f"static void {name}(", text.replace(INCLUDE, "").strip("\n"))
        for (_, text), name in kernels.items()
    ]
    boxes, schemas, registered = zip(*(_operator(name, kinds) for (kinds, _), name in kernels.items()), strict=True)
    return "\n".join(
        [
            *defines,
            INCLUDE,
            "#include <torch/csrc/stable/library.h>",
            "#include <torch/csrc/stable/ops.h>",
            "#include <torch/csrc/stable/tensor.h>\n",
            "using torch::stable::Tensor;\n",
            *(f"{body}\n" for body in bodies),
            *boxes,
            f"STABLE_TORCH_LIBRARY({INDUCTOR}, m) {{\n" + "\n".join(schemas) + "\n}\n",
            f"STABLE_TORCH_LIBRARY_IMPL({INDUCTOR}, CPU, m) {{\n" + "\n".join(registered) + "\n}\n",
        ]
    )


def _operator(name: str, kinds: str) -> tuple[str, str, str]:
    """What makes an operator of a kernel: a function on tensors, its schema, and its registration."""
    parameters, passed, schema = list[str](), list[str](), list[str]()
    for number, kind in enumerate(ast.literal_eval(kinds)):
        found = POINTER.fullmatch(kind)
        if found is None:
            raise TaskError(f"a generated kernel takes a {kind}; only pointers can be passed on, not symbolic sizes")
        const, element = found.groups()
        parameters.append(f"const Tensor& t{number}" if const else f"Tensor t{number}")
        access = "const_data_ptr" if const else "mutable_data_ptr"
        passed.append(f"static_cast<{const or ''}{element}*>(t{number}.{access}())")
        schema.append(f"Tensor t{number}" if const else f"Tensor(a{number}!) t{number}")
    box = f"static void op_{name}({', '.join(parameters)}) {{\n    {name}({', '.join(passed)});\n}}\n"
    described = f'    m.def("{name}({", ".join(schema)}) -> ()");'
    return box, described, f'    m.impl("{name}", TORCH_BOX(&op_{name}));'


class _Program:
    """The generated code of one workload, as a function of the state and the inputs."""

    def __init__(self, number: int, made: Generated, task: Task) -> None:
        self.made, self.name = made, f"program_{number}"
        self._task, self._tree = task, ast.parse(made.code)
        found = [(m[1], (m[2], CHECKED_DIVISION.sub("", m[3]))) for m in KERNEL.finditer(made.code)]
        self.kernels = dict(found)
        self.names = {kernel: name for name, kernel in found}

    def text(self, kernels: dict[tuple[str, str], str]) -> str:
        call = next(
            (n for n in ast.walk(self._tree) if isinstance(n, ast.FunctionDef) and n.name == "call"),
            None,
        )
        if call is None:
            raise self.cannot("its function call() is missing")
        unpacked = next((n for n in call.body if isinstance(n, ast.Assign) and _is(n.value, "args")), None)
        given = [] if unpacked is None else [n.id for n in ast.walk(unpacked.targets[0]) if isinstance(n, ast.Name)]
        tensors = [i for i in self.made.workload.inputs if isinstance(i, TensorSpec)]
        if len(given) != len(self.made.state) + len(tensors):
            raise self.cannot(f"it takes {len(given)} arguments")
        body = [s for s in call.body if s is not unpacked and not self._left_out(s)]
        rewritten = [self._rewritten(statement, kernels) for statement in body]
        lines = [f"def {self.name}({', '.join(given)}):", *(f"    {line}" for line in rewritten)]
        return "\n".join(lines)

    def _left_out(self, statement: ast.stmt) -> bool:
        match statement:
            case ast.Delete():
                return all(_is_argument(t) for t in statement.targets)
            case ast.Expr(value=ast.Call(func=ast.Name(id=name))):
                return name in LEFT_OUT
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id="args"), attr="clear"))):
                return True
            case _:
                return False

    def _rewritten(self, statement: ast.stmt, kernels: dict[tuple[str, str], str]) -> str:
        changed = _Standing(self, kernels).visit(statement)
        if isinstance(changed, ast.Return) and isinstance(changed.value, ast.Tuple) and not self.made.several:
            changed.value = changed.value.elts[0]
        return ast.unparse(ast.fix_missing_locations(changed))

    def cannot(self, why: str) -> TaskError:
        return TaskError(
            f"what TorchInductor generates for workload {self.made.workload.name} of {self._task.id} cannot stand "
            f"alone: {why}; leave out --seed inductor"
        )


class _Standing(ast.NodeTransformer):
    """Calls of TorchInductor's insides become calls of torch, or of the kernel's own operators."""

    def __init__(self, program: _Program, kernels: dict[tuple[str, str], str]) -> None:
        self._program, self._kernels = program, kernels

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        match node:
            case ast.Call(func=ast.Name(id="empty_strided_cpu"), args=[size, stride, dtype]):
                return _call("torch.empty_strided", [size, stride], dtype=dtype)
            case ast.Call(func=ast.Name(id="reinterpret_tensor"), args=[tensor, size, stride, offset]):
                return _call("torch.as_strided", [tensor, size, stride, *_beyond(tensor, offset)])
            case _:
                node.func = self._function(node.func)
                return node

    def _function(self, function: ast.expr) -> ast.expr:
        match function:
            case ast.Name(id=name) if name in self._program.kernels:
                return _dotted(f"torch.ops.{INDUCTOR}.{self._kernels[self._program.kernels[name]]}")
            case ast.Attribute(value=ast.Name(id="extern_kernels"), attr=name) if name in LIBRARY:
                return _dotted(f"torch.{name}")
        root = _root(function)
        if root == "aten":
            return _dotted("torch.ops." + ast.unparse(function))
        if root != "torch" and not re.fullmatch(r"buf\d+|arg\d+_\d+", root):  # a tensor's own method
            raise self._program.cannot(f"it calls {ast.unparse(function)}")
        return function

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if node.id.startswith(("_tensor_constant", "constant")):
            raise self._program.cannot(f"it uses {node.id}, a tensor that is no parameter and no buffer")
        return node


def _beyond(tensor: ast.expr, offset: ast.expr) -> list[ast.expr]:
    """Where a view starts: its offset counts from where the tensor itself does."""
    if isinstance(offset, ast.Constant) and offset.value == 0:
        return []
    return [ast.parse(f"{ast.unparse(tensor)}.storage_offset() + {ast.unparse(offset)}", mode="eval").body]


def _with_forward(start: str, programs: Sequence[_Program]) -> tuple[str, str]:
    """What stands before the class, and the class with a forward that chooses a program by its inputs."""
    tree = ast.parse(start)
    model = next(n for n in tree.body if isinstance(n, ast.ClassDef) and n.name == "ModelNew")
    forward = next((n for n in model.body if isinstance(n, ast.FunctionDef) and n.name == "forward"), None)
    if forward is None or forward.body[0].lineno == forward.lineno:
        raise TaskError("ModelNew has no forward() of its own to replace; leave out --seed inductor")
    names = [a.arg for a in forward.args.args[1:]]
    state = ", ".join(_attribute(name) for name in programs[0].made.state)
    body = [f"        state = [{state}]"] if state else []
    for program in programs:
        body += [f"        if {_chosen(names, program.made.workload)}:"]
        tensors = [n for n, i in zip(names, program.made.workload.inputs, strict=False) if isinstance(i, TensorSpec)]
        body += [f"            return {program.name}({', '.join([*(['*state'] if state else []), *tensors])})"]
    body += ['        raise ValueError("nothing was generated for inputs of these shapes")']
    lines = start.splitlines()
    first = min([model.lineno, *(d.lineno for d in model.decorator_list)]) - 1
    kept = lines[first : forward.body[0].lineno - 1]
    after = lines[forward.end_lineno or len(lines) : model.end_lineno]
    before = [line for number, line in enumerate(lines) if number < first and not _in_docstring(tree, number + 1)]
    rest = lines[model.end_lineno or len(lines) :]
    return "\n".join(before).strip("\n"), "\n".join([*kept, *body, *after, *rest])


def _in_docstring(tree: ast.Module, line: int) -> bool:
    first = tree.body[0]
    plain = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    return plain and first.lineno <= line <= (first.end_lineno or first.lineno)


def _chosen(names: Sequence[str], workload: Workload) -> str:
    tests = []
    for name, given in zip(names, workload.inputs, strict=False):
        if isinstance(given, ScalarSpec):
            tests.append(f"{name} == {given.value!r}")
        else:
            tests.append(f"{name}.shape == {given.shape!r}")
    return " and ".join(tests)


def _attribute(name: str) -> str:
    """`layers.0.weight` as an expression on self."""
    parts = [f"[{p}]" if p.isdigit() else f".{p}" for p in name.split(".")]
    return "self" + "".join(parts)


def _call(name: str, arguments: list[ast.expr], **keywords: ast.expr) -> ast.Call:
    return ast.Call(_dotted(name), arguments, [ast.keyword(key, value) for key, value in keywords.items()])


def _dotted(name: str) -> ast.expr:
    return ast.parse(name, mode="eval").body


def _root(node: ast.expr) -> str:
    while isinstance(node, (ast.Attribute, ast.Subscript, ast.Call)):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def _is(node: Any, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _is_argument(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and re.fullmatch(r"arg\d+_\d+", node.id) is not None
