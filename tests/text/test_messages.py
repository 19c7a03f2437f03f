"""What is said about an error fits the place where it is said."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support.factories import NOON

from xds_tui.api.errors import ApiError, BadResponse, Cause, NotSent, OutcomeUnknown, Rejected, SignedOut
from xds_tui.domain.records import Doubt, Event, EventKind, OrderAction, OrderState
from xds_tui.text import messages
from xds_tui.text.messages import Situation


def errors() -> Iterator[ApiError]:
    yield NotSent("The service cannot be reached", "refused")
    yield BadResponse("The answer could not be read")
    yield Rejected(1003, "no", trace_id="t")
    yield Rejected(429, "slow down", retry_after=3.0)
    yield OutcomeUnknown("The answer did not come")
    for code in (401, 1001):
        yield SignedOut("The account ID and secret were not accepted", code, "wrong", trace_id="t")
    yield SignedOut("The service does not accept the token", 401, "ended", is_passing=True)
    yield SignedOut("The token ended early", 401, "", is_passing=True, retry_after=40.0)
    for cause in Cause:
        yield NotSent("It failed", cause=cause)
        yield BadResponse("It failed", cause=cause)
        yield Rejected(503, "busy", cause=cause)


def test_a_rejected_order_that_was_carried_out_is_explained_with_its_code_and_trace() -> None:
    event = Event(
        at=NOON,
        kind=EventKind.ORDER,
        host_name="studio-1",
        action=OrderAction.POWER_OFF,
        state=OrderState.REJECTED,
        doubt=Doubt.REJECTED,
        code=1007,
        trace_id="t",
    )
    first, *others = messages.event_lines(event)
    assert first.startswith("stop studio-1: rejected, but it happened anyway")
    assert any("1007" in line for line in others)
    assert others[-1] == "traceId t"


OUT_OF_PLACE = {
    Situation.WATCHING: ("xds-tui login", "XDS_UUID", "Press enter", "Enter a new token"),
    Situation.SIGN_IN: ("xds-tui login", "XDS_UUID", "press r", "automatically", "Press i", "data on the screen"),
    Situation.COMMAND: ("press r", "automatically", "Press i", "Press enter", "data on the screen"),
    Situation.LOGIN: ("Sign in with", "press r", "automatically", "Press i", "Press enter", "data on the screen"),
}


@pytest.mark.parametrize("situation", list(Situation))
@pytest.mark.parametrize("is_token", [True, False])
@pytest.mark.parametrize("error", errors(), ids=lambda error: f"{type(error).__name__} {error.cause}")
def test_the_advice_fits_the_situation(error: ApiError, situation: Situation, is_token: bool) -> None:
    remedy = messages.remedy(error, situation, is_token=is_token)
    assert remedy.endswith(".")
    assert not [words for words in OUT_OF_PLACE[situation] if words in remedy], remedy


@pytest.mark.parametrize("situation", [Situation.SIGN_IN, Situation.LOGIN])
def test_wrong_credentials_are_distinguished_from_a_wrong_token(situation: Situation) -> None:
    refusal = SignedOut("The account ID and secret were not accepted", 1001, "wrong")
    assert "Check both" in messages.remedy(refusal, situation)
    assert "new token" in messages.remedy(refusal, situation, is_token=True)


@pytest.mark.parametrize("cause", list(Cause))
def test_every_cause_has_its_own_advice(cause: Cause) -> None:
    others = {messages.cause_advice(other) for other in Cause if other is not cause}
    assert messages.cause_advice(cause) not in others
    assert messages.cause_advice(cause) in messages.remedy(BadResponse("It failed", cause=cause), Situation.COMMAND)


def test_the_code_is_shown_if_there_is_one() -> None:
    assert "code 401" not in messages.error_lines(SignedOut("Not signed in", 401, ""), Situation.COMMAND)
    lines = messages.error_lines(SignedOut("Not accepted", 1001, "wrong", trace_id="t-1"), Situation.COMMAND)
    assert {"code 1001", "traceId t-1"} <= set(lines)


def test_a_notice_is_a_sentence_and_an_action_without_code_and_trace() -> None:
    rejected = Event(
        at=NOON,
        kind=EventKind.ORDER,
        host_name="studio-1",
        host_id="h1",
        action=OrderAction.POWER_ON,
        state=OrderState.REJECTED,
        summary="The wallet balance does not cover one hour",
        code=6003,
        trace_id="t-1",
    )
    what, remedy, details = messages.events_notice([rejected])
    assert what == "start studio-1: rejected: The wallet balance does not cover one hour"
    assert remedy.startswith("Top up your wallet")
    assert details == "Press 3, then enter for code and traceId."
    assert {"code 6003", "traceId t-1", "host h1"} <= {*messages.event_lines(rejected)}
    signed_out = SignedOut("Not accepted", 1001, "wrong", trace_id="t-1")
    assert [line for line in messages.error_notice(signed_out) if "1001" in line or "t-1" in line] == []


@pytest.mark.parametrize(("is_own", "count"), [(True, 1), (False, 2)])
def test_a_change_that_nobody_ordered_here_says_so(is_own: bool, count: int) -> None:
    event = Event(at=NOON, kind=EventKind.STATUS, host_name="studio-1", own=is_own, alert=True)
    assert len(messages.events_notice([event])) == count
