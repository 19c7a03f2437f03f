"""Annotations of hosts by the user: a name, a note, tags, an owner, and protection. The service knows nothing of them.

`Host.annotation` has the annotation of a host, and `Host.display_name` the name to show. `config/hosts_file.py` stores
the annotations of all hosts in one file that several people and programs may edit. No writer replaces a whole
annotation: an `AnnotationChange` names the keys to change, and is applied to what the file contains at that moment.

>>> change = AnnotationChange(alias="render-1", added_tags=("prod",))
>>> change.apply(Annotation(owner="li", tags=("render",)))
Annotation(alias='render-1', note='', tags=('render', 'prod'), owner='li', is_marked=False, rule='')
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import lru_cache
from sys import intern
from types import MappingProxyType
from typing import Final

from xds_tui.domain.sanitize import clean, fold
from xds_tui.errors import UserInputError
from xds_tui.i18n import N_
from xds_tui.structs import dataclass

MAX_ALIAS: Final = 300
MAX_NOTE: Final = 2_000
MAX_TAG: Final = 100
MAX_OWNER: Final = 100
"""Maximum lengths in characters."""
MAX_TAGS: Final = 50
"""Maximum number of tags of a host."""

_BAD_TAG: Final = r"[\s,\"'\\]|^[-+!]"
"""What a tag must not contain, so that it can be typed in a filter, a list and an option as it is."""

CONTROL_CHARACTERS: Final = N_("{word}: this contains control characters")
TOO_LONG: Final = N_("{word}: this is too long")
TOO_MANY_TAGS: Final = N_("{word}: a host has 50 tags at most")
BAD_TAG: Final = N_("{word}: a tag has no spaces, commas and quotes, and does not begin with -, + or !")
BAD_RULE: Final = N_("{word}: a rule is tag:NAME or owner:NAME")


class AnnotationError(UserInputError):
    """A name, note, tag, owner or rule that cannot be used; the detail is that text."""


@dataclass(frozen=True, slots=True)
class Annotation:
    """The additions of the user to one host. All texts are sanitized, and can be shown as they are."""

    alias: str = ""
    """The name to show instead of the service's; empty for none."""
    note: str = ""
    """One line."""
    tags: tuple[str, ...] = ()
    """In the order of the file, each once."""
    owner: str = ""
    is_marked: bool = False
    """Whether the host itself is marked as protected."""
    rule: str = ""
    """The rule of `protect` in config.toml that protects the host, such as `tag:prod`; empty if none does."""

    @property
    def is_protected(self) -> bool:
        """Whether the host must not be stopped, rebooted or deleted, because of its mark or a rule."""
        return self.is_marked or bool(self.rule)


NO_ANNOTATION: Final = Annotation()
"""The annotation of a host that the user has added nothing to; always this object."""

Annotations = Mapping[str, Annotation]
"""Annotations by host ID. Hosts that are gone may be among them; hosts without an annotation are not."""

NO_ANNOTATIONS: Final[Annotations] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class AnnotationChange:
    """The changes of one host's annotation, key by key.

    Call `validated` before it is stored.
    """

    alias: str | None = None
    """None keeps the present value, an empty text removes it; so for `note` and `owner`."""
    note: str | None = None
    owner: str | None = None
    added_tags: tuple[str, ...] = ()
    removed_tags: tuple[str, ...] = ()
    is_marked: bool | None = None
    """Whether the host is marked as protected; None keeps the mark."""
    is_default: bool = False
    """Whether values that the host has already are kept, and only missing ones are added."""

    @property
    def is_empty(self) -> bool:
        """Whether it changes nothing."""
        return replace(self, is_default=False) == AnnotationChange()

    def validated(self) -> AnnotationChange:
        """Return the change with spaces normalized.

        Raises:
            AnnotationError: if a text is too long, contains control characters, or is not a tag.

        """
        return replace(
            self,
            alias=None if self.alias is None else _text(self.alias, MAX_ALIAS),
            note=None if self.note is None else _text(self.note, MAX_NOTE),
            owner=None if self.owner is None else _text(self.owner, MAX_OWNER),
            added_tags=tuple(map(parse_tag, self.added_tags)),
        )

    def apply(self, annotation: Annotation) -> Annotation:
        """Return `annotation` with this change; `is_default` is for what a file contains."""
        return Annotation(
            alias=annotation.alias if self.alias is None else self.alias,
            note=annotation.note if self.note is None else self.note,
            tags=self.change_tags(annotation.tags),
            owner=annotation.owner if self.owner is None else self.owner,
            is_marked=annotation.is_marked if self.is_marked is None else self.is_marked,
            rule=annotation.rule,
        )

    def change_tags(self, tags: Iterable[str]) -> tuple[str, ...]:
        """Return `tags` without the removed ones and with the added ones, each once.

        Raises:
            AnnotationError: if there are too many.

        """
        removed = set(map(fold, self.removed_tags))
        changed = _unique((*(tag for tag in tags if fold(tag) not in removed), *self.added_tags))
        if self.added_tags and len(changed) > MAX_TAGS:
            raise AnnotationError(TOO_MANY_TAGS, self.added_tags[-1])
        return changed


def change_between(before: Annotation, after: Annotation) -> AnnotationChange:
    """Return the change that turns `before` into `after`, for an editor that shows all values."""
    kept, wanted = set(map(fold, before.tags)), set(map(fold, after.tags))
    return AnnotationChange(
        alias=after.alias if after.alias != before.alias else None,
        note=after.note if after.note != before.note else None,
        owner=after.owner if after.owner != before.owner else None,
        added_tags=tuple(tag for tag in after.tags if fold(tag) not in kept),
        removed_tags=tuple(tag for tag in before.tags if fold(tag) not in wanted),
        is_marked=after.is_marked if after.is_marked is not before.is_marked else None,
    )


def initial_change(annotation: Annotation) -> AnnotationChange:
    """Return the change that gives a new host `annotation`, and keeps what the host has already."""
    return replace(change_between(NO_ANNOTATION, annotation), is_default=True)


def parse_tag(text: str) -> str:
    """Return a tag as it is stored.

    Raises:
        AnnotationError: if `text` cannot be a tag.

    """
    tag = _text(text, MAX_TAG)
    if not tag or re.search(_BAD_TAG, tag):
        raise AnnotationError(BAD_TAG, clean(text, MAX_TAG))
    return tag


def parse_tags(text: str) -> tuple[str, ...]:
    """Return the tags in a text in which commas or spaces separate them.

    Raises:
        AnnotationError: if one of them cannot be a tag.

    """
    return _unique(map(parse_tag, text.replace(",", " ").replace("\N{FULLWIDTH COMMA}", " ").split()))


def safe_annotation(
    *, alias: str = "", note: str = "", tags: Iterable[str] = (), owner: str = "", is_marked: bool = False
) -> Annotation:
    """Return the annotation with these texts from a file: sanitized, shortened, and with usable tags.

    Equal notes, tags and owners are one object, because thousands of hosts may have them.
    """
    named = (re.sub(_BAD_TAG, "-", _safe(tag, MAX_TAG)).strip("-") for tag in tags)
    return Annotation(
        alias=_safe(alias, MAX_ALIAS),
        note=intern(_safe(note, MAX_NOTE)),
        tags=_shared(_unique(tag for tag in named if tag)[:MAX_TAGS]),
        owner=intern(_safe(owner, MAX_OWNER)),
        is_marked=is_marked,
    )


@lru_cache(maxsize=1024)
def _shared(tags: tuple[str, ...]) -> tuple[str, ...]:
    return tags


def parse_rule(text: str) -> str:
    """Return a rule of `protect`, which selects hosts by a tag or an owner.

    Raises:
        AnnotationError: if `text` is not a rule.

    """
    kind, colon, value = text.partition(":")
    if kind not in ("tag", "owner") or not colon or not value.strip():
        raise AnnotationError(BAD_RULE, clean(text))
    return f"{kind}:{value.strip()}"


def selects(rule: str, annotation: Annotation) -> bool:
    """Return whether a rule, as `parse_rule` returns it, selects a host with this annotation."""
    kind, _colon, value = rule.partition(":")
    values = annotation.tags if kind == "tag" else (annotation.owner,)
    return fold(value) in map(fold, values)


def protect(annotations: Annotations, rules: Iterable[str]) -> dict[str, Annotation]:
    """Return `annotations`, each with the first of `rules` that protects the host."""
    rules = tuple(rules)

    def first_rule(annotation: Annotation) -> str:
        return next((rule for rule in rules if selects(rule, annotation)), "")

    found = {host_id: first_rule(annotation) for host_id, annotation in annotations.items()}
    return {
        host_id: annotation if annotation.rule == found[host_id] else replace(annotation, rule=found[host_id])
        for host_id, annotation in annotations.items()
    }


def keep_known(new: Annotations, known: Annotations) -> Annotations:
    """Return `new` with the objects of `known` where they are equal, so that unchanged hosts keep their identity.

    Annotations without any value are left out.
    """
    filled = ((host_id, found) for host_id, found in new.items() if found != NO_ANNOTATION)
    return {host_id: known[host_id] if known.get(host_id) == found else found for host_id, found in filled}


def numbered(annotation: Annotation, index: int, count: int) -> Annotation:
    """Return `annotation` for host `index`, counted from 0, of `count` that are ordered together.

    The alias is followed by a number, because a name that several hosts have selects none of them.
    """
    if count == 1 or not annotation.alias:
        return annotation
    suffix = f"-{index + 1}"
    return replace(annotation, alias=f"{annotation.alias[: MAX_ALIAS - len(suffix)]}{suffix}")


def _text(text: str, limit: int) -> str:
    """Return what the user typed with single spaces between words."""
    words = " ".join(text.split())
    if any(unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") for char in words):
        raise AnnotationError(CONTROL_CHARACTERS, clean(words, limit))
    if len(words) > limit:
        raise AnnotationError(TOO_LONG, f"{clean(words, 40)}…")
    return words


def _safe(text: str, limit: int) -> str:
    return clean(" ".join(text.split()), limit)


def _unique(tags: Iterable[str]) -> tuple[str, ...]:
    first: dict[str, str] = {}
    for tag in tags:
        first.setdefault(fold(tag), tag)
    return tuple(first.values())
