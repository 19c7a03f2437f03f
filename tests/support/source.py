"""The package's source as the architecture tests read it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
PACKAGE: Final = "xds_tui"

_DIALECT: Final = re.compile(r"\b(told|whose|anew|let go|nobody|whoever|somebody)\b", re.IGNORECASE)
_VAGUE_START: Final = re.compile(r"(What|Who|Where|Which|It|There|They|Nobody|Everything about)\b")

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@dataclass(frozen=True)
class Module:
    """One module: its path relative to the root, and its text."""

    path: str
    text: str

    @property
    def name(self) -> str:
        """The dotted name."""
        return self.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    @property
    def stem(self) -> str:
        """The last part of the name."""
        return self.name.rpartition(".")[2]

    @cached_property
    def tree(self) -> ast.Module:
        """The syntax tree."""
        return ast.parse(self.text)

    @property
    def line_count(self) -> int:
        """The number of lines."""
        return len(self.text.splitlines())

    @property
    def dialect_count(self) -> int:
        """The number of lines with a word that this project does not use."""
        return sum(bool(_DIALECT.search(line)) for line in self.text.splitlines())

    def definitions(self) -> Iterator[Definition]:
        """Yield every function and class, nested ones included."""
        for node in ast.walk(self.tree):
            if isinstance(node, Definition):
                yield node

    def vague_docstrings(self) -> Iterator[str]:
        """Yield the docstrings that begin neither with a verb nor with the name of a thing."""
        for node in (self.tree, *self.definitions()):
            docstring = ast.get_docstring(node)
            if docstring and _VAGUE_START.match(docstring):
                yield docstring.splitlines()[0]

    def imports(self) -> set[str]:
        """Return the dotted names that are imported, for `from a import b` both `a` and `a.b`."""
        names: set[str] = set()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        return names

    def texts(self) -> set[str]:
        """Return the translatable texts: the constant arguments of `_`, `N_` and `ngettext`."""
        return {
            node.args[0].value
            for node in ast.walk(self.tree)
            if isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in {"_", "N_", "ngettext"}
            and node.args
            and isinstance(node.args[0], ast.Constant)
            and isinstance(node.args[0].value, str)
        }


def modules(root: Path = ROOT) -> list[Module]:
    """Return every module of the package below `root`, sorted by path."""
    paths = sorted((root / PACKAGE).rglob("*.py"))
    return [Module(path.relative_to(root).as_posix(), path.read_text(encoding="utf-8")) for path in paths]


def own_length(node: Definition) -> int:
    """Return the number of lines of a function or class; classes nested in a class do not count."""
    nested = (child for child in node.body if isinstance(child, ast.ClassDef)) if isinstance(node, ast.ClassDef) else ()
    return _length(node) - sum(_length(child) for child in nested)


def _length(node: Definition) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1
