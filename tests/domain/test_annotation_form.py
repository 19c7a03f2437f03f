"""The form for the annotations of one host or several: only what the user has touched is changed."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xds_tui.domain.annotation_form import AnnotationForm, change_of, completed, form_of, known_tags, suggested_tags
from xds_tui.domain.annotations import NO_ANNOTATION, Annotation, AnnotationChange, AnnotationError

WEB = Annotation(alias="web-1", tags=("prod", "web"), owner="li", note="until friday", is_marked=True)
DB = Annotation(alias="db-1", tags=("Prod", "db"), owner="li")


def change(form: AnnotationForm, **edited: str | bool) -> AnnotationChange:
    values = {"alias": form.alias, "tags": " ".join(form.tags), "owner": form.owner, "note": form.note}
    texts = values | {name: value for name, value in edited.items() if isinstance(value, str)}
    is_marked = edited.get("is_marked", form.is_marked)
    return change_of(form, edited.keys(), is_marked=bool(is_marked), **texts)


def test_one_host_is_shown_as_it_is() -> None:
    form = form_of([WEB])
    assert (form.alias, form.tags, form.owner, form.note) == (WEB.alias, WEB.tags, WEB.owner, WEB.note)
    assert form.is_marked
    assert not form.mixed


def test_several_hosts_show_what_they_have_in_common() -> None:
    form = form_of([WEB, DB])
    assert (form.tags, form.owner, form.note, form.is_marked) == (("prod",), "li", "", False)
    assert form.mixed == {"alias", "note", "is_marked", "tags"}


def test_untouched_fields_stay() -> None:
    assert change(form_of([WEB, DB])).is_empty
    assert change(form_of([WEB, DB]), note="x") == AnnotationChange(note="x")


def test_a_mixed_field_can_be_emptied_for_all() -> None:
    assert change(form_of([WEB, DB]), note="") == AnnotationChange(note="")


def test_tags_that_only_some_hosts_have_stay() -> None:
    edited = change(form_of([WEB, DB]), tags="gpu, new")
    assert edited == AnnotationChange(added_tags=("gpu", "new"), removed_tags=("prod",))
    assert edited.apply(WEB).tags == ("web", "gpu", "new")
    assert edited.apply(DB).tags == ("db", "gpu", "new")


def test_a_bad_tag_is_refused() -> None:
    with pytest.raises(AnnotationError):
        change(form_of([WEB]), tags="-x")


def test_the_last_word_is_completed_to_a_frequent_tag() -> None:
    known = known_tags({"a": WEB, "b": DB, "c": Annotation(tags=("web",))})
    assert known[0] == "web"
    assert suggested_tags("web ", known) == ("prod", "Prod", "db")
    assert suggested_tags("web, p", known) == ("prod", "Prod")
    assert completed("web p", known) == "web prod"
    assert completed("web ", known) is None
    assert completed("", known) is None


_texts = st.text(st.characters(categories=("L", "N")), max_size=8)
_annotations = st.builds(
    Annotation,
    alias=_texts,
    note=_texts,
    owner=_texts,
    tags=st.lists(st.sampled_from(["a", "b", "c", "d"]), unique=True, max_size=4).map(tuple),
    is_marked=st.booleans(),
)


@settings(deadline=None)
@given(st.lists(_annotations, min_size=1, max_size=4), _annotations)
def test_a_form_that_is_edited_as_a_whole_makes_all_hosts_alike(before: list[Annotation], wanted: Annotation) -> None:
    form = form_of(before)
    edited = change(form, owner=wanted.owner, note=wanted.note, tags=" ".join(wanted.tags), is_marked=wanted.is_marked)
    for annotation in before:
        after = edited.apply(annotation)
        assert (after.owner, after.note, after.is_marked) == (wanted.owner, wanted.note, wanted.is_marked)
        assert set(after.tags) == (set(annotation.tags) - set(form.tags)) | set(wanted.tags)
        assert after.alias == annotation.alias


def test_a_host_without_an_annotation_has_an_empty_form() -> None:
    assert form_of([NO_ANNOTATION]) == AnnotationForm()
