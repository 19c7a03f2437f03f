"""Tags as styled text."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from xds_tui.text import formats, tags

TAGS = st.lists(st.text("ab渲🚀", min_size=1, max_size=10), max_size=12)


@given(TAGS, st.integers(20, 60))
def test_wrapped_tags_are_complete_in_their_styles_and_fit(found: list[str], width: int) -> None:
    lines = tags.wrapped(found, width)
    assert all(sum(formats.cells(text) for text, _style in line) <= width for line in lines)
    shown = [span for line in lines for span in line if span[0].strip()]
    assert shown == [(tag, tags.style_of(tag)) for tag in found]
    assert all(not line or (line[0][0].strip() and line[-1][0].strip()) for line in lines)


def test_a_tag_has_the_same_style_in_upper_and_lower_case() -> None:
    assert tags.style_of("Prod") == tags.style_of("prod")
    assert tags.spans(["a", "b"]) == [("a", tags.style_of("a")), (" ", ""), ("b", tags.style_of("b"))]
