from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xds_tui.domain.creation_times import (
    MARGIN,
    MAX_SKEW,
    MIN_WEIGHT,
    MINUTE,
    SECOND,
    Evidence,
    Range,
    estimate_offset,
    likely_offsets,
    offsets_of,
    resolutions,
)

NOW = 1_790_000_000_000 // MINUTE * MINUTE


@pytest.mark.parametrize(
    ("created", "resolution"),
    [
        ((NOW + 123, NOW + 4567), 1),
        ((NOW + SECOND, NOW + 7 * SECOND), SECOND),
        ((NOW, NOW + MINUTE, NOW + 5 * MINUTE), MINUTE),
        ((NOW, NOW + MINUTE), SECOND),
        ((NOW, NOW, NOW), SECOND),
    ],
)
def test_the_resolution_is_read_off_the_times(created: Sequence[int], resolution: int) -> None:
    assert set(resolutions(created).values()) == {resolution}


def test_a_time_without_milliseconds_is_wide_even_beside_exact_ones() -> None:
    assert resolutions([NOW + 1, NOW + SECOND]) == {NOW + 1: 1, NOW + SECOND: SECOND}


@given(
    st.integers(-MAX_SKEW, MAX_SKEW),
    st.sampled_from([1, SECOND, MINUTE]),
    st.integers(0, 60 * SECOND),
    st.integers(0, 60 * SECOND),
)
def test_the_true_offset_is_among_those_that_a_purchase_allows(
    offset: int, resolution: int, before: int, after: int
) -> None:
    """`before`, `after`: how long before and after the host came into being the request began and ended."""
    born = NOW + 12_345
    created = (born + offset) // resolution * resolution
    allowed = offsets_of(Range(born - before, born + after), created, resolution)
    assert allowed.low <= offset <= allowed.high


RANGES = st.builds(lambda low, length: Range(low, low + length), st.integers(-30, 30), st.integers(0, 20))
EVIDENCE = st.lists(st.builds(Evidence, st.lists(RANGES, max_size=3), st.integers(1, 4)), max_size=6)


def weight_at(offset: int, evidence: Sequence[Evidence]) -> int:
    return sum(item.weight for item in evidence if any(part.low <= offset <= part.high for part in item.ranges))


@given(EVIDENCE)
def test_no_offset_has_more_evidence_and_none_that_has_as_much_is_nearer_to_0(evidence: list[Evidence]) -> None:
    likely = likely_offsets(evidence, bound=25)
    weights = {offset: weight_at(offset, evidence) for offset in range(-25, 26)}
    best = max(weights.values())
    if not likely:
        assert best < MIN_WEIGHT
        return
    assert {offset for each in likely for offset in range(each.low, each.high + 1)} == {
        offset for offset, weight in weights.items() if weight == best
    }
    found = estimate_offset(likely)
    inside = range(found.low + MARGIN, found.high - MARGIN + 1)
    assert {weights[offset] for offset in inside} == {best}
    assert min(map(abs, inside)) == min(abs(offset) for offset, weight in weights.items() if weight == best)


def test_a_purchase_with_an_uncertain_host_is_no_evidence() -> None:
    assert likely_offsets([Evidence([Range(-100, 100)], 2)]) == []
