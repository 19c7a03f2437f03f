from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xds_tui.domain import filter_query
from xds_tui.domain.filter_query import COMPARISONS, FIELD_ALIASES, FIELDS, QueryError, Term


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
        ("area:west", [Term("region", ":", "west", 0, False)]),
        ("memory>=64", [Term("mem", ">=", "64", 64, False)]),
        ("状态:已开机", [Term("status", ":", "已开机", 0, False)]),
        ("CPU核数>4 主机ID=x", [Term("cpu", ">", "4", 4, False), Term("id", "=", "x", 0, False)]),
        ("到期<24小时", [Term("expires", "<", "24小时", 86_400, False)]),
        ("剩余<30分钟", [Term("expires", "<", "30分钟", 1_800, False)]),
        ("name:cafe\u0301", [Term("name", ":", "caf\u00e9", 0, False)]),
        ('"or" name:"a && b"', [Term(None, ":", "or", 0, False), Term("name", ":", "a && b", 0, False)]),
        ("r&d 10.0.0.1:22", [Term(None, ":", "r&d", 0, False), Term(None, ":", "10.0.0.1:22", 0, False)]),
        ("status：开机　mem＞=64", [Term("status", ":", "开机", 0, False), Term("mem", ">=", "64", 64, False)]),
    ],
)
def test_a_filter_is_parsed_into_terms(text: str, terms: list[Term]) -> None:
    assert filter_query.parse(text) == tuple(terms)


@pytest.mark.parametrize(
    ("wide", "narrow"),
    [("ｇｐｕ：４０９０", "gpu:4090"), ("ｍｅｍ＞＝６４　－windows", "mem>=64 -windows"), ("！＂ab cd＂", '!"ab cd"')],
)
def test_a_filter_can_be_typed_in_full_width(wide: str, narrow: str) -> None:
    assert filter_query.parse(wide) == filter_query.parse(narrow)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("colour:red", "colour"),
        ("gpu-count>1", "gpu-count"),
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
def test_an_error_names_the_wrong_part(text: str, word: str) -> None:
    with pytest.raises(QueryError) as caught:
        filter_query.parse(text)
    assert caught.value.detail == word


@pytest.mark.parametrize(
    "text",
    [
        *("os!=windows", "mem≥4", "mem≤4", "mem≠4", "mem=>4", "mem==4", "os=~win", "os!~win", "name~x", "os!windows"),
        *("状态!=已开机", "内存≥4", "内存≥４", "mem:>4", "os:!=x", "-os!=windows"),
    ],
)
def test_an_unknown_operator_is_reported_with_the_known_ones(text: str) -> None:
    with pytest.raises(QueryError) as caught:
        filter_query.parse(f"train {text}")
    assert caught.value.detail.startswith(text[:2])
    assert "operator" in caught.value.summary or "characters" in caught.value.summary


@pytest.mark.parametrize("junction", ["or", "OR", "and", "not", "&&", "||", "|", "&", "或", "或者", "且", "ＯＲ"])
def test_a_word_that_combines_terms_elsewhere_is_reported(junction: str) -> None:
    with pytest.raises(QueryError) as caught:
        filter_query.parse(f"os:windows {junction} gpu:4090")
    assert "all terms must match" in caught.value.summary
    quoted = filter_query.parse(f'os:windows "{junction}" gpu:4090')
    assert quoted[1].field is None


@pytest.mark.parametrize(
    "text", ["status:on&&mem>4", "gpu:4090|gpu:3090", "(status:on)", "os:a||b", ">4", "mem > 4", "=x", "(os:a or os:b)"]
)
def test_syntax_of_other_languages_is_reported(text: str) -> None:
    with pytest.raises(QueryError):
        filter_query.parse(text)


@pytest.mark.parametrize(
    ("text", "so_far"),
    [
        ("status:on mem>=", "status:on"),
        ("cpu<", ""),
        ("status:on -", "status:on"),
        ("状态:已开机 内存>=", "status:已开机"),
        ("mem>= status:on", None),
        ("status:on mem>=lots", None),
    ],
)
def test_a_last_term_without_a_value_keeps_the_terms_before_it(text: str, so_far: str | None) -> None:
    with pytest.raises(QueryError) as caught:
        filter_query.parse(text)
    assert caught.value.so_far == (None if so_far is None else filter_query.parse(so_far))


PARTS = st.sampled_from([*FIELDS, *FIELD_ALIASES, *COMPARISONS, *'-!"&|~≥ 　：＞', "!=", "64", "24h", "on", "已开机"])


@given(st.text() | st.lists(PARTS | st.text(max_size=2), max_size=12).map("".join))
def test_any_text_is_parsed_or_reported(text: str) -> None:
    try:
        query = filter_query.parse(text)
    except QueryError as error:
        assert str(error)
    else:
        assert all(term.field in (None, *FIELDS) and term.operator in COMPARISONS for term in query)


@given(st.sampled_from(sorted(FIELD_ALIASES)), st.sampled_from(sorted(COMPARISONS)), st.sampled_from(["64", "24h"]))
def test_an_alias_means_the_same_as_its_field(alias: str, sign: str, value: str) -> None:
    def outcome(field: str) -> object:
        try:
            return filter_query.parse(field + sign + value)
        except QueryError as error:
            return error.summary

    assert outcome(alias) == outcome(FIELD_ALIASES[alias])
