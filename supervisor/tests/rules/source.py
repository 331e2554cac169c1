"""The source of the project as syntax trees: what the rules of this folder look at.

Nothing of the package is imported here, so that a rule can judge a module that cannot be imported.
"""

import ast
import gc
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[3]
PACKAGE = ROOT / "supervisor"
TESTS = PACKAGE / "tests"

Function = ast.FunctionDef | ast.AsyncFunctionDef


class Module(NamedTuple):
    """One Python file."""

    name: str
    """Dotted, without the leading ``supervisor.``: ``core.process``."""
    path: Path
    text: str
    tree: ast.Module

    @property
    def line_count(self) -> int:
        """Lines of the file, comments and blank ones included."""
        return self.text.count("\n")

    def place(self, node: ast.AST | int) -> str:
        """``path:line`` below the project's root, for messages."""
        line = node if isinstance(node, int) else getattr(node, "lineno", 1)
        return f"{self.path.relative_to(ROOT)}:{line}"


class Import(NamedTuple):
    """One imported module or name."""

    target: str
    """Dotted, as written; for ``from a import b`` it is ``a.b``."""
    line: int
    late: bool
    """Inside a function."""
    typing_only: bool
    """Below ``if TYPE_CHECKING``: never run."""


def _modules(files: Iterator[Path]) -> tuple[Module, ...]:
    found = []
    # Trees are all kept: to look for garbage among their nodes again and again takes as long.
    gc.disable()
    for path in sorted(files):
        parts = list(path.relative_to(PACKAGE).with_suffix("").parts)
        if parts[-1] == "__init__":
            parts.pop()
        text = path.read_text("utf-8")
        found.append(Module(".".join(parts), path, text, ast.parse(text, str(path))))
    gc.freeze()
    gc.enable()
    return tuple(found)


@cache
def package_modules() -> tuple[Module, ...]:
    """All modules that are installed."""
    return _modules(path for path in PACKAGE.rglob("*.py") if TESTS not in path.parents)


@cache
def suite_modules() -> tuple[Module, ...]:
    """All modules of the suite."""
    return _modules(TESTS.rglob("*.py"))


@cache
def imports(module: Module) -> list[Import]:
    """Everything a module imports, relative imports resolved."""
    found: list[Import] = []

    def visit(node: ast.AST, late: bool, typing_only: bool) -> None:
        for child in ast.iter_child_nodes(node):
            inside_function = late or isinstance(child, Function | ast.Lambda)
            guarded = typing_only or _is_typing_guard(child)
            if isinstance(child, ast.Import):
                found.extend(
                    Import(alias.name, child.lineno, late, typing_only) for alias in child.names
                )
            elif isinstance(child, ast.ImportFrom):
                base = _absolute(module, child)
                found.extend(
                    Import(f"{base}.{alias.name}", child.lineno, late, typing_only)
                    for alias in child.names
                )
            visit(child, inside_function, guarded)

    visit(module.tree, late=False, typing_only=False)
    return found


def _is_typing_guard(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)


def _absolute(module: Module, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    package = ["supervisor", *module.name.split(".")]
    up = node.level if module.path.name != "__init__.py" else node.level - 1
    base = package[: len(package) - up]
    return ".".join([*base, node.module] if node.module else base)


def functions(module: Module) -> Iterator[tuple[str, Function]]:
    """Each function with its qualified name: ``Class.method``, ``outer.inner``."""

    def visit(node: ast.AST, prefix: str) -> Iterator[tuple[str, Function]]:
        for child in ast.iter_child_nodes(node):
            name = prefix
            if isinstance(child, Function | ast.ClassDef):
                name = f"{prefix}{child.name}."
            if isinstance(child, Function):
                yield name[:-1], child
            yield from visit(child, name)

    return visit(module.tree, "")


@cache
def calls(module: Module) -> list[tuple[str, ast.Call]]:
    """Each call with the dotted name of what is called, as far as it has one: ``os.kill``."""
    return [
        (_spelled(node.func), node) for node in ast.walk(module.tree) if isinstance(node, ast.Call)
    ]


def _spelled(node: ast.expr) -> str:
    """An expression as it is written; most are names with dots, which need no printer of code."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{_spelled(node.value)}.{node.attr}"
    return ast.unparse(node)
