from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xds_tui.domain import filter_query
from xds_tui.domain.filter_query import QueryError, Term


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("", []),
        ("   ", []),
        ("Train", [Term(None, ":", "train", 0, False)]),
        ("-windows", [Term(None, ":", "windows", 0, True)]),
        ("status:on gpu:4090", [Term("status", ":", "on", 0, False), Term("gpu", ":", "4090", 0, False)]),
        ("expires<24h", [Term("expires", "<", "24h", 86_400, False)]),
        ("mem>=64", [Term("mem", ">=", "64", 64, False)]),
        ("-cpu=8", [Term("cpu", "=", "8", 8, True)]),
        ('name:"render farm" x', [Term("name", ":", "render farm", 0, False), Term(None, ":", "x", 0, False)]),
        ("渲染", [Term(None, ":", "渲染", 0, False)]),
        ("!windows", [Term(None, ":", "windows", 0, True)]),
        ('-"two words"', [Term(None, ":", "two words", 0, True)]),
        ('"cpu:"', [Term(None, ":", "cpu:", 0, False)]),
        ("CPU>4", [Term("cpu", ">", "4", 4, False)]),
        ("gpu>1", [Term("gpus", ">", "1", 1, False)]),
        ("gpu=0", [Term("gpus", "=", "0", 0, False)]),
        ("gpus:2", [Term("gpus", ":", "2", 2, False)]),
        ("gpu=a100×1", [Term("gpu", "=", "a100×1", 0, False)]),
        ("status：开机　mem＞=64", [Term("status", ":", "开机", 0, False), Term("mem", ">=", "64", 64, False)]),
    ],
)
def test_a_filter_is_read_term_by_term(text: str, terms: list[Term]) -> None:
    assert filter_query.parse(text) == tuple(terms)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("colour:red", "colour"),
        ("name<b", "name<b"),
        ("mem:lots", "mem:lots"),
        ("mem:", "mem:"),
        ("on expires<", "expires<"),
        ("expires<24", "expires<24"),
        ("expires<soon", "expires<soon"),
        ('name:"open', 'name:"open'),
        ('on "open quote', '"open'),
        ("gpu>many", "gpu>many"),
        ("-mem>=", "-mem>="),
        ("on -", "-"),
        ("!", "!"),
    ],
)
def test_what_cannot_be_read_is_named(text: str, word: str) -> None:
    with pytest.raises(QueryError) as caught:
        filter_query.parse(text)
    assert caught.value.detail == word


@pytest.mark.parametrize(
    ("text", "so_far"),
    [
        ("status:on mem>=", "status:on"),
        ("cpu<", ""),
        ("status:on -", "status:on"),
        ("mem>= status:on", None),
        ("status:on mem>=lots", None),
    ],
)
def test_what_only_misses_its_value_yet_leaves_the_terms_before_it(text: str, so_far: str | None) -> None:
    with pytest.raises(QueryError) as caught:
        filter_query.parse(text)
    assert caught.value.so_far == (None if so_far is None else filter_query.parse(so_far))


@given(st.text())
def test_any_text_is_read_or_refused_in_words(text: str) -> None:
    try:
        filter_query.parse(text)
    except QueryError as error:
        assert "{word}" in error.summary
