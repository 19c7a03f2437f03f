from __future__ import annotations

import copy
import pickle
from collections.abc import Callable, Iterator

import pytest

from xds_tui.api import errors
from xds_tui.api.errors import ApiError, BadResponse, NotSent, OutcomeUnknown, Rejected, SignedOut

ERRORS = (
    ApiError("The call failed"),
    NotSent("Nothing can be changed in read-only mode"),
    Rejected(6003, "余额不足", trace_id="t-1", retry_after=3.5),
    Rejected(12345, ""),
    SignedOut("The service does not accept the token", 401, "expired", trace_id="t-2", is_passing=True),
    BadResponse("It was not the service's language", "HTTP 502", trace_id="t-3"),
    OutcomeUnknown("The answer did not come", "ReadTimeout"),
)


def through_a_pickle(error: ApiError, protocol: int) -> ApiError:
    again = pickle.loads(pickle.dumps(error, protocol))  # noqa: S301 - it is our own
    assert isinstance(again, ApiError)
    return again


WAYS: dict[str, Callable[[ApiError], ApiError]] = {
    "pickle": lambda error: through_a_pickle(error, pickle.HIGHEST_PROTOCOL),
    "an old pickle": lambda error: through_a_pickle(error, 0),
    "a copy": copy.copy,
    "a deep copy": copy.deepcopy,
}


def kinds(parent: type[ApiError] = ApiError) -> Iterator[type[ApiError]]:
    yield parent
    for kind in parent.__subclasses__():
        if kind.__module__ == errors.__name__:
            yield from kinds(kind)


def test_every_error_class_is_covered() -> None:
    assert {type(error) for error in ERRORS} == set(kinds())


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_a_pickled_or_copied_error_keeps_its_message(error: ApiError, way: str) -> None:
    again = WAYS[way](error)
    assert type(again) is type(error)
    assert again is not error
    assert (vars(again), again.args, str(again)) == (vars(error), error.args, str(error))


def test_an_undocumented_code_is_explained_as_such() -> None:
    assert errors.explain(424242) is errors.explain(-1)
    assert errors.explain(6003) is not errors.explain(-1)
