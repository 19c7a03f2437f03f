from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xds_tui.domain.rejections import (
    CARRIERS,
    NOT_CARRIERS,
    REJECTIONS,
    Call,
    is_documented,
    is_rejection,
    is_token_rejection,
    why_inconclusive,
)
from xds_tui.simulator.error_codes import Code

DOCUMENT = {
    Call.CREATE_ON_DEMAND: {1001, 7005},
    Call.CREATE_RENT: {1001, 1037, 6002, 6005, 7005, 9000, 9001},
    Call.POWER: {1001, 6000, 6001, 6002, 6003},
    Call.REBOOT: {7002, 7003, 7004},
    Call.DELETE: {1001},
}
"""The codes that the host rental document lists for each endpoint (sections 3 to 6 and 9)."""

PROVES_NOTHING = (-1, 400, 404, 405, 429, 430, 500, 501, 502, 503, 504, 1003, 1005, 4711, 6005, 99999)
"""Codes of the framework and the gateway, undocumented ones, and those for an operation in progress."""

every_call = pytest.mark.parametrize("call", Call)
calls = st.sampled_from(Call)


@every_call
def test_every_code_that_the_document_lists_for_a_call_is_decided_with_a_source(call: Call) -> None:
    for code in DOCUMENT[call]:
        assert is_documented(call, code), code
        source = REJECTIONS[call].get(code) or why_inconclusive(call, code)
        assert source.startswith(("document ", "later, ", "gateway: ")), (code, source)


@every_call
@pytest.mark.parametrize("code", [code for code in Code if code is not Code.OK])
def test_every_code_is_proof_or_has_a_reason_why_not(call: Call, code: Code) -> None:
    assert is_rejection(call, 200, code) == (code in REJECTIONS[call])
    assert REJECTIONS[call].get(code) or why_inconclusive(call, code)


@every_call
def test_no_code_is_decided_both_ways(call: Call) -> None:
    unlisted = why_inconclusive(call, 4711)
    assert {why_inconclusive(call, code) for code in REJECTIONS[call]} == {unlisted}


@every_call
@pytest.mark.parametrize("code", PROVES_NOTHING)
def test_failures_and_undocumented_codes_prove_nothing(call: Call, code: int) -> None:
    assert not any(is_rejection(call, status, code) for status in range(100, 600))


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (Call.POWER, 6000),
        (Call.POWER, 6001),
        (Call.REBOOT, 7002),
        (Call.REBOOT, 7003),
        (Call.REBOOT, 7004),
        (Call.DELETE, 0),
        (Call.DELETE, 1001),
        (Call.DELETE, 1021),
    ],
)
def test_a_state_that_the_call_itself_brings_about_proves_nothing(call: Call, code: int) -> None:
    assert not is_rejection(call, 200, code)
    assert is_documented(call, code)


@pytest.mark.parametrize("code", [1001, 1037, 6002, 7005, 9000, 9001])
@pytest.mark.parametrize("call", [Call.CREATE_ON_DEMAND, Call.CREATE_RENT])
@pytest.mark.parametrize("status", [200, 400, 402, 403, 404, 409, 422])
def test_the_rejection_of_a_create_is_proof_with_200_and_4xx(call: Call, status: int, code: int) -> None:
    assert is_rejection(call, status, code)


@given(calls, st.one_of(st.sampled_from(sorted(NOT_CARRIERS)), st.integers(100, 599)), st.integers(-10, 10_000))
def test_a_rejection_needs_a_listed_code_and_a_status_that_can_carry_it(call: Call, status: int, code: int) -> None:
    expected = code in REJECTIONS[call] and (status == 200 or 400 <= status < 500) and status in CARRIERS
    assert is_rejection(call, status, code) == expected


@pytest.mark.parametrize("status", [201, 202, 204, 206, 302, 304, 408, 425, 429, 444, 499, 500, 502, 503, 504, 520])
def test_some_statuses_carry_no_rejection(status: int) -> None:
    assert status not in CARRIERS
    assert not is_token_rejection(status, 401)
    assert not is_token_rejection(status, None)


@pytest.mark.parametrize(
    ("status", "code", "proves"),
    [
        (200, 401, True),
        (401, 401, True),
        (401, None, True),
        (200, 2000, True),
        (401, 2001, True),
        (403, 2001, True),
        (401, 501, True),
        (401, 502, True),
        (200, 502, False),
        (502, 502, False),
        (403, 403, False),
        (403, None, False),
        (401, 1005, False),
        (401, 0, False),
        (407, None, False),
    ],
)
def test_a_token_that_does_not_hold_is_found_before_anything_is_done(status: int, code: int, proves: bool) -> None:
    assert is_token_rejection(status, code) is proves
