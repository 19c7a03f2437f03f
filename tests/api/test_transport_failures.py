from __future__ import annotations

import inspect

import httpx
import pytest

from xds_tui.api import proxy
from xds_tui.api.errors import BadResponse, NotSent, OutcomeUnknown
from xds_tui.api.transport import FAILURES, SUMMARIES, translate_error

HTTPX_ERRORS = [
    member
    for name in httpx.__all__
    if inspect.isclass(member := getattr(httpx, name)) and issubclass(member, Exception)
]


def test_every_error_of_httpx_is_in_the_table() -> None:
    assert set(HTTPX_ERRORS) - set(SUMMARIES) == set()
    ours = {kind for kind in set(SUMMARIES) - set(HTTPX_ERRORS) if kind.__module__ == proxy.__name__}
    assert set(SUMMARIES) - set(HTTPX_ERRORS) - ours == {TimeoutError}
    assert ours == set(httpx.ProxyError.__subclasses__())
    assert len(HTTPX_ERRORS) > 20
    assert set(FAILURES) == set(SUMMARIES)


@pytest.mark.parametrize(
    ("sent", "safe", "kind"),
    [
        (False, True, NotSent),
        (False, False, NotSent),
        (True, True, BadResponse),
        (True, False, OutcomeUnknown),
    ],
)
@pytest.mark.parametrize("error", [httpx.ReadTimeout("late"), httpx.ConnectError("no"), TimeoutError()])
def test_what_an_error_means_depends_on_whether_it_was_sent_and_safe(
    error: Exception, sent: bool, safe: bool, kind: type[Exception]
) -> None:
    assert type(translate_error(error, sent=sent, safe=safe)) is kind


def test_an_error_that_httpx_may_add_is_summarised_as_its_parent() -> None:
    class NewError(httpx.ConnectTimeout):
        pass

    assert translate_error(NewError("x"), sent=False, safe=True).summary == SUMMARIES[httpx.ConnectTimeout]


def test_the_detail_is_cleaned_and_short() -> None:
    detail = translate_error(httpx.ReadError("\x1b[2J" + "x" * 500), sent=True, safe=True).detail
    assert detail.startswith("\ufffd[2Jx")
    assert len(detail) == 200
