"""The first filter: what a kernel's text gives away without running it. Never the wall; the sandbox is that."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import tree_sitter_cpp
from tree_sitter import Language, Node, Parser

from kernel_gepa.domain.task import Form, Task
from kernel_gepa.domain.verdict import Rejected

# Headers and functions that have no place in a kernel, with the reason a reader is given.
HEADERS = {
    "reads files or starts programs": r"fstream|filesystem|unistd\.h|fcntl\.h|dlfcn\.h|spawn\.h|sys/.*",
    "starts threads of its own (use OpenMP)": r"thread|future|pthread\.h|condition_variable|stop_token",
    "reads a clock": r"chrono|ctime|time\.h|x86intrin_clock",
    "handles signals": r"csignal|signal\.h|setjmp\.h|csetjmp|ucontext\.h",
    "calls a library instead of computing": r"(torch|ATen|c10|oneapi|Eigen)/.*|(mkl|cblas|dnnl|openblas).*",
}
CALLS = {
    "reads files or starts programs": "open fopen freopen popen system fork vfork execve execvp execl posix_spawn "
    "dlopen dlsym dl_iterate_phdr mmap mprotect process_vm_readv getenv setenv",
    "starts threads of its own (use OpenMP)": "pthread_create clone thrd_create",
    "reads a clock": "clock clock_gettime gettimeofday time __rdtsc _rdtsc __builtin_ia32_rdtsc __rdtscp omp_get_wtime",
    "handles signals or processes": "signal sigaction kill raise ptrace syscall atexit quick_exit exit _exit _Exit "
    "abort longjmp",
}
REFUSED_CALLS = {name: reason for reason, names in CALLS.items() for name in names.split()}

MODULES = {
    "gc": "walks the objects of the process",
    "inspect": "walks the stack",
    "traceback": "walks the stack",
    "ctypes": "reaches into memory",
    "threading": "starts threads of its own",
    "multiprocessing": "starts processes",
    "concurrent": "starts threads of its own",
    "asyncio": "defers work",
    "subprocess": "starts programs",
    "socket": "opens connections",
    "signal": "handles signals",
    "time": "reads a clock",
    "atexit": "defers work",
    "pickle": "loads code",
    "shutil": "reads files",
    "pathlib": "reads files",
    "tempfile": "reads files",
    "importlib": "imports by name",
    "builtins": "reaches into the interpreter",
    "__main__": "reaches into the worker",
    "sys": "reaches into the interpreter",
    "os": "reaches into the system",
}
REFUSED_NAMES = {"eval", "exec", "compile", "__import__", "open", "globals", "vars", "setattr", "input", "breakpoint"}


@dataclass(slots=True)
class Screened:
    """`reasons` reject the kernel in strict mode; `tags` say whose work it is, and every report counts them apart."""

    reasons: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)

    def verdict(self) -> Rejected | None:
        if not self.reasons:
            return None
        return Rejected(self.reasons[0], tuple(dict.fromkeys(self.reasons)))


def screen(kernel: str, task: Task) -> Screened:
    return _screen_cpp(kernel) if task.form is Form.NATIVE else _screen_python(kernel, task)


def _screen_cpp(kernel: str) -> Screened:
    found = Screened()
    root = Parser(Language(tree_sitter_cpp.language())).parse(kernel.encode()).root_node
    for node in _walk(root):
        if node.type == "preproc_include":
            path = node.child_by_field_name("path")
            name = _text(path).strip('<>"') if path is not None else ""
            if path is not None and path.type == "string_literal":
                found.reasons.append(f'includes "{name}": a kernel is one text')
            for reason, pattern in HEADERS.items():
                if re.fullmatch(pattern, name):
                    found.reasons.append(f"includes <{name}>: {reason}")
        elif node.type == "call_expression":
            function = node.child_by_field_name("function")
            name = _text(function).removeprefix("std::").removeprefix("::") if function is not None else ""
            if name in REFUSED_CALLS:
                found.reasons.append(f"calls {name}(): {REFUSED_CALLS[name]}")
        elif node.type in ("attribute_specifier", "attribute_declaration") and "constructor" in _text(node):
            found.reasons.append("runs code when it is loaded")
        elif node.type in ("gnu_asm_expression", "asm_statement") and re.search(r"syscall|int\s+\$?0x80", _text(node)):
            found.reasons.append("makes system calls in assembly")
    if "#pragma omp parallel" in kernel:
        found.tags.append("threads (OpenMP)")
    if "-ffast-math" in kernel:
        found.tags.append("fast-math")
    return found


def _screen_python(kernel: str, task: Task) -> Screened:
    found = Screened()
    try:
        tree = ast.parse(kernel)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return found  # the build says it better
    for node in ast.walk(tree):
        found.reasons += _refused(node)
    new = _class(tree, "ModelNew")
    if task.start_is_reference and kernel.strip() == task.kernel.strip():
        found.tags.append("a copy of the reference, to start from")
    elif new is not None and _same_as_reference(new, task):
        found.reasons.append("is a copy of the reference")
    if new is not None and any(isinstance(n, ast.Name) and n.id == "Model" for n in ast.walk(tree)):
        found.reasons.append("delegates to the reference")
    text = ast.unparse(tree)
    own = [tag for tag, mark in (("inline C++", "load_inline"), ("Triton", "triton.jit")) if mark in text]
    found.tags += own or ["torch operators"]
    if "torch.compile" in text:
        found.tags.append("torch.compile")
    return found


def _refused(node: ast.AST) -> Iterator[str]:
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        names = [a.name for a in node.names] if isinstance(node, ast.Import) else [node.module or ""]
        for name in names:
            module = name.split(".")[0]
            if module in MODULES:
                yield f"imports {module}: {MODULES[module]}"
    elif isinstance(node, ast.Name) and node.id in REFUSED_NAMES:
        yield f"uses {node.id}()"
    elif isinstance(node, ast.Attribute) and (node.attr.startswith("__") and node.attr != "__init__"):
        yield f"reaches for {node.attr}"
    elif isinstance(node, ast.Try):
        yield "falls back by try/except"
    elif isinstance(node, ast.Assign):
        for target in node.targets:
            root = target
            while isinstance(root, ast.Attribute):
                root = root.value
            if isinstance(target, ast.Attribute) and isinstance(root, ast.Name) and root.id in ("torch", "F", "nn"):
                yield f"patches {ast.unparse(target)}"


def _class(tree: ast.Module, name: str) -> ast.ClassDef | None:
    return next((n for n in tree.body if isinstance(n, ast.ClassDef) and n.name == name), None)


def _same_as_reference(new: ast.ClassDef, task: Task) -> bool:
    old = _class(ast.parse(task.reference), "Model")
    return old is not None and _shape(old) == _shape(new)


def _shape(node: ast.ClassDef) -> str:
    """The class without docstrings and its own name: equal for a copy with other words."""
    text = ast.dump(ast.parse(re.sub(r"\bModelNew\b", "Model", ast.unparse(node))))
    return re.sub(r"Expr\(value=Constant\(value='[^']*'\)\),? ?", "", text)


def _walk(node: Node) -> Iterator[Node]:
    pending = [node]
    while pending:
        current = pending.pop()
        yield current
        pending.extend(current.children)


def _text(node: Node) -> str:
    return (node.text or b"").decode(errors="replace")
