"""The annotations of one host or several in one form, and the change that an edited form stands for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from typing import Final

from xds_tui.domain.annotations import Annotation, AnnotationChange, Annotations, parse_tags
from xds_tui.domain.sanitize import fold
from xds_tui.structs import dataclass

FIELDS: Final = ("alias", "tags", "owner", "note", "is_marked")
"""The fields of a form, named like those of an annotation."""

MAX_SUGGESTIONS: Final = 12
"""Tags that are suggested."""


@dataclass(frozen=True, slots=True)
class AnnotationForm:
    """Common values of several annotations; a field in which they differ is in `mixed`, and empty."""

    alias: str = ""
    tags: tuple[str, ...] = ()
    """The tags that all have."""
    owner: str = ""
    note: str = ""
    is_marked: bool = False
    mixed: frozenset[str] = frozenset()
    """The fields in which the annotations differ."""


def form_of(annotations: Sequence[Annotation]) -> AnnotationForm:
    """Return the form that shows `annotations`, of which there is at least one."""
    first, *others = annotations
    common = tuple(tag for tag in first.tags if all(fold(tag) in map(fold, other.tags) for other in others))
    mixed = {
        name
        for name in ("alias", "owner", "note", "is_marked")
        if any(getattr(other, name) != getattr(first, name) for other in others)
    }
    if any(len(annotation.tags) != len(common) for annotation in annotations):
        mixed.add("tags")
    return AnnotationForm(
        alias="" if "alias" in mixed else first.alias,
        tags=common,
        owner="" if "owner" in mixed else first.owner,
        note="" if "note" in mixed else first.note,
        is_marked=first.is_marked and "is_marked" not in mixed,
        mixed=frozenset(mixed),
    )


def change_of(
    form: AnnotationForm, edited: Collection[str], *, alias: str, tags: str, owner: str, note: str, is_marked: bool
) -> AnnotationChange:
    """Return the change that a form stands for; fields that are not in `edited` stay as they are on every host.

    Args:
        form: the form as it was opened.
        edited: the fields that the user has touched.
        alias: the name in the form; so for `owner`, `note` and `is_marked`.
        tags: the tags in the form, separated by spaces or commas.
        owner: as `alias`.
        note: as `alias`.
        is_marked: as `alias`.

    Raises:
        AnnotationError: if a value cannot be stored.

    """
    wanted = parse_tags(tags) if "tags" in edited else form.tags
    before, after = set(map(fold, form.tags)), set(map(fold, wanted))
    # A tag that only some hosts have is added to the others.
    return AnnotationChange(
        alias=alias if "alias" in edited else None,
        note=note if "note" in edited else None,
        owner=owner if "owner" in edited else None,
        added_tags=tuple(tag for tag in wanted if fold(tag) not in before),
        removed_tags=tuple(tag for tag in form.tags if fold(tag) not in after),
        is_marked=is_marked if "is_marked" in edited else None,
    ).validated()


def known_tags(annotations: Annotations) -> tuple[str, ...]:
    """Return all tags, the most frequent first."""
    return tuple(tag for tag, _count in Counter(_all_tags(annotations.values())).most_common())


def _all_tags(annotations: Iterable[Annotation]) -> Iterable[str]:
    return (tag for annotation in annotations for tag in annotation.tags)


def suggested_tags(text: str, known: Sequence[str]) -> tuple[str, ...]:
    """Return the known tags that continue the last word of a text, or that it does not contain yet."""
    words = text.replace(",", " ").split()
    typed = words[-1] if words and not text.endswith((" ", ",")) else ""
    used = set(map(fold, words))
    found = (tag for tag in known if fold(tag) not in used and fold(tag).startswith(fold(typed)))
    return tuple(found)[:MAX_SUGGESTIONS]


def completed(text: str, known: Sequence[str]) -> str | None:
    """Return `text` with its last word completed to a known tag; None if none begins with it."""
    if not text or text.endswith((" ", ",")):
        return None
    start = max(text.rfind(" "), text.rfind(",")) + 1
    typed = text[start:]
    tag = next((tag for tag in suggested_tags(text, known) if tag.startswith(typed) and tag != typed), None)
    return None if tag is None else text[:start] + tag
