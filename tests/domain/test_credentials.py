from __future__ import annotations

from datetime import UTC, datetime

import pytest

from xds_tui.domain.credentials import AccountKey, BareToken, Secret, Token


@pytest.mark.parametrize(
    "holder",
    [
        AccountKey("A27550582", Secret("s3cr3t")),
        BareToken(Secret("s3cr3t")),
        Token(Secret("s3cr3t"), datetime(2026, 11, 23, tzinfo=UTC)),
    ],
)
def test_no_credentials_show_their_secret(holder: object) -> None:
    assert "s3cr3t" not in f"{holder!r} {holder}"
