from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.factories import a_host
from support.hostile import SEQUENCES, TRICKS

from xds_tui.domain.annotations import (
    MAX_ALIAS,
    MAX_TAGS,
    NO_ANNOTATION,
    Annotation,
    AnnotationChange,
    AnnotationError,
    change_between,
    numbered,
    parse_rule,
    parse_tag,
    parse_tags,
    protect,
    safe_annotation,
)
from xds_tui.domain.sanitize import clean, fold

FULL = Annotation("render-1", "until friday", ("render", "prod"), "li", is_marked=True)


def test_the_displayed_name_is_the_users_then_the_services_then_the_id() -> None:
    assert a_host(id="h1", name="", annotation=NO_ANNOTATION).display_name == "h1"
    assert a_host(id="h1", name="渲大师h1").display_name == "渲大师h1"
    assert a_host(id="h1", name="渲大师h1", annotation=FULL).display_name == "render-1"


def test_an_annotation_is_no_change_of_the_host() -> None:
    assert a_host() == a_host(annotation=FULL)


def test_a_change_affects_only_the_keys_that_it_names() -> None:
    assert AnnotationChange(note="").apply(FULL) == replace(FULL, note="")
    assert AnnotationChange(alias="x", is_marked=False).apply(FULL) == replace(FULL, alias="x", is_marked=False)
    assert AnnotationChange().apply(FULL) == FULL


def test_tags_are_added_and_removed_one_by_one_whatever_their_case() -> None:
    change = AnnotationChange(added_tags=("gpu", "RENDER"), removed_tags=("PROD",))
    assert change.apply(FULL).tags == ("render", "gpu")


def test_two_changes_of_different_keys_are_both_kept() -> None:
    first, second = AnnotationChange(owner="wang", added_tags=("a",)), AnnotationChange(note="x", added_tags=("b",))
    assert first.apply(second.apply(FULL)).owner == second.apply(first.apply(FULL)).owner == "wang"
    assert set(first.apply(second.apply(FULL)).tags) == set(second.apply(first.apply(FULL)).tags)


TEXT = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=8)
ANNOTATIONS = st.builds(
    lambda alias, note, tags, owner, is_marked: safe_annotation(
        alias=alias, note=note, tags=tags, owner=owner, is_marked=is_marked
    ),
    TEXT,
    TEXT,
    st.lists(TEXT, max_size=4),
    TEXT,
    st.booleans(),
)


@settings(deadline=None)
@given(ANNOTATIONS, ANNOTATIONS)
def test_the_change_between_two_annotations_turns_one_into_the_other(before: Annotation, after: Annotation) -> None:
    changed = change_between(before, after).apply(before)
    assert replace(changed, tags=()) == replace(after, tags=())
    assert {fold(tag) for tag in changed.tags} == {fold(tag) for tag in after.tags}


@pytest.mark.parametrize(
    "change",
    [
        AnnotationChange(alias="x" * (MAX_ALIAS + 1)),
        AnnotationChange(alias="a\x1b[31mb"),
        AnnotationChange(note="a\x00b"),
        AnnotationChange(owner="o" * 101),
        AnnotationChange(added_tags=("two words",)),
        AnnotationChange(added_tags=("a,b",)),
        AnnotationChange(added_tags=("-x",)),
        AnnotationChange(added_tags=("",)),
        AnnotationChange(added_tags=('"',)),
    ],
)
def test_a_change_that_cannot_be_stored_is_refused(change: AnnotationChange) -> None:
    with pytest.raises(AnnotationError) as caught:
        change.validated()
    assert clean(str(caught.value)) == str(caught.value)


def test_names_in_all_scripts_are_stored_with_single_spaces() -> None:
    name = "  渲染   节点 👩‍💻 مرحبا हिन्दी  "
    assert AnnotationChange(alias=name).validated().alias == "渲染 节点 👩‍💻 مرحبا हिन्दी"
    assert AnnotationChange(alias="x" * 300).validated().alias == "x" * 300


def test_a_host_has_a_limited_number_of_tags() -> None:
    full = Annotation(tags=tuple(f"t{number}" for number in range(MAX_TAGS)))
    with pytest.raises(AnnotationError):
        AnnotationChange(added_tags=("one-more",)).apply(full)
    assert AnnotationChange(added_tags=("T1",)).apply(full) == full


@pytest.mark.parametrize("text", [*SEQUENCES, *TRICKS])
def test_texts_of_a_file_are_inert(text: str) -> None:
    found = safe_annotation(alias=text, note=text, tags=(text,), owner=text)
    for part in (found.alias, found.note, *found.tags, found.owner):
        assert clean(part) == part
        assert not set(part) & {"\n", "\r", "\t", "\x1b"}
    assert all(parse_tag(tag) == tag for tag in found.tags)


def test_tags_are_separated_by_commas_or_spaces() -> None:
    assert parse_tags("a, b c，d,,a") == ("a", "b", "c", "d")


def test_a_rule_protects_by_tag_or_owner() -> None:
    found = protect({"h1": FULL, "h2": Annotation(owner="Li")}, ["tag:PROD", "owner:li"])
    assert (found["h1"].rule, found["h2"].rule) == ("tag:PROD", "owner:li")
    assert found["h2"].is_protected
    assert not protect({"h1": Annotation(tags=("nonprod",))}, ["tag:prod"])["h1"].is_protected


def test_a_rule_that_is_gone_no_longer_protects() -> None:
    assert protect({"h1": replace(FULL, rule="tag:prod", is_marked=False)}, [])["h1"].is_protected is False


@pytest.mark.parametrize("text", ["prod", "tag:", "os:linux", "tag: ", ""])
def test_what_is_no_rule_is_refused(text: str) -> None:
    with pytest.raises(AnnotationError):
        parse_rule(text)


def test_hosts_ordered_together_get_numbered_names() -> None:
    assert [numbered(FULL, index, 2).alias for index in range(2)] == ["render-1-1", "render-1-2"]
    assert numbered(FULL, 0, 1) is FULL
    long = numbered(Annotation(alias="x" * MAX_ALIAS), 9, 10).alias
    assert (len(long), long[-3:]) == (MAX_ALIAS, "-10")


def test_equal_texts_of_a_file_are_shared() -> None:
    one, other = (
        safe_annotation(note=" ".join(("until", "friday")), tags=["farm-1", "render"], owner="-".join("li"))
        for _ in range(2)
    )
    assert one.note is other.note
    assert one.tags is other.tags
    assert one.owner is other.owner
