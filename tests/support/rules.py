"""The architecture rules of design.md, section 1: each returns what violates it, by name."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Final

from .source import PACKAGE, Module, own_length

MAX_MODULE_LINES: Final = 400
MAX_CLASS_LINES: Final = 300
MAX_FUNCTION_LINES: Final = 40
MIN_LINES_OF_SINGLE_IMPORTER: Final = 60
"""A module below this size that only one other imports belongs into that one."""


def participle_names(modules: Iterable[Module]) -> set[str]:
    """Return the modules that are named by a participle instead of a noun."""
    return {module.stem for module in modules if module.stem.endswith("ing")}


def repeated_class_names(modules: Iterable[Module]) -> set[str]:
    """Return the names of module-level classes that several modules outside the simulator define."""
    owners = defaultdict(set)
    for module in modules:
        if not module.name.startswith(f"{PACKAGE}.simulator"):
            for node in module.tree.body:
                if isinstance(node, ast.ClassDef):
                    owners[node.name].add(module.name)
    return {name for name, names in owners.items() if len(names) > 1}


def long_modules(modules: Iterable[Module]) -> set[str]:
    """Return the modules that are too long."""
    return {module.name for module in modules if module.line_count > MAX_MODULE_LINES}


def long_classes(modules: Iterable[Module]) -> set[str]:
    """Return the classes that are too long."""
    return {
        node.name
        for module in modules
        for node in module.definitions()
        if isinstance(node, ast.ClassDef) and own_length(node) > MAX_CLASS_LINES
    }


def long_functions(modules: Iterable[Module]) -> set[str]:
    """Return the functions and methods that are too long."""
    return {
        node.name
        for module in modules
        for node in module.definitions()
        if not isinstance(node, ast.ClassDef) and own_length(node) > MAX_FUNCTION_LINES
    }


def small_modules_of_one_importer(modules: Collection[Module]) -> set[str]:
    """Return the small modules that one module alone imports; commands and screens may be small."""
    importers: dict[str, set[str]] = defaultdict(set)
    for module in modules:
        for name in module.imports():
            importers[name].add(module.name)
    return {
        module.name
        for module in modules
        if module.line_count < MIN_LINES_OF_SINGLE_IMPORTER
        and len(importers[module.name]) == 1
        and not module.path.endswith("__init__.py")
        and not module.name.startswith((f"{PACKAGE}.cli.commands.", f"{PACKAGE}.tui.screens."))
    }


def shared_texts(modules: Iterable[Module]) -> set[str]:
    """Return the translatable texts that occur in several modules outside the simulator."""
    owners = defaultdict(set)
    for module in modules:
        if not module.name.startswith(f"{PACKAGE}.simulator"):
            for text in module.texts():
                owners[text].add(module.name)
    return {text for text, names in owners.items() if len(names) > 1}


def dialect_lines(modules: Iterable[Module]) -> int:
    """Return the number of lines with a word that this project does not use."""
    return sum(module.dialect_count for module in modules)


def vague_docstrings(modules: Iterable[Module]) -> list[str]:
    """Return the first lines of docstrings that begin neither with a verb nor with the name of a thing."""
    return [line for module in modules for line in module.vague_docstrings()]
