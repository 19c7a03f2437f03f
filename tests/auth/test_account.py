from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest
from support.factories import NOON
from support.wait import until

from xds_tui.api.client import Client
from xds_tui.api.errors import ApiError, NotSent, SignedOut
from xds_tui.auth.account import Account, Source, TokenCache
from xds_tui.auth.keyring_store import CredentialStoreError, KeyringProblem, KeyringStore, StoredCredentials
from xds_tui.domain.credentials import AccountKey, BareToken, Credentials, Secret, Token
from xds_tui.domain.endpoint import PRODUCTION, SANDBOX

KEY = AccountKey("A1", Secret("s"))
TOKEN = Token(Secret("t"), NOON)


class FakeClient:
    def __init__(self, base_url: str, credentials: Credentials, tokens: TokenCache) -> None:
        self.base_url, self.credentials, self.tokens = base_url, credentials, tokens
        self.refusal: ApiError | None = None
        self.is_closed = False

    async def hosts(self, page: int) -> None:
        if self.refusal:
            raise self.refusal

    async def aclose(self) -> None:
        self.is_closed = True


class Connector:
    def __init__(self) -> None:
        self.made: list[FakeClient] = []
        self.refusal: ApiError | None = None
        self.trouble: ApiError | None = None

    async def __call__(self, base_url: str, credentials: Credentials, tokens: TokenCache) -> Client:
        if self.trouble:
            raise self.trouble
        client = FakeClient(base_url, credentials, tokens)
        client.refusal = self.refusal
        self.made.append(client)
        return cast("Client", client)


class FakeKeyringStore:
    def __init__(self, stored: StoredCredentials | None = None) -> None:
        self.stored = stored
        self.trouble: CredentialStoreError | None = None

    async def read(self, profile: str) -> StoredCredentials | None:
        self._complain()
        return self.stored

    async def write(self, profile: str, stored: StoredCredentials) -> None:
        self._complain()
        self.stored = stored

    async def write_token(self, profile: str, token: Token) -> None:
        self._complain()
        assert self.stored is not None
        self.stored = replace(self.stored, token=token)

    async def backend_name(self) -> str:
        self._complain()
        return "Test keyring"

    def _complain(self) -> None:
        if self.trouble:
            raise self.trouble


def an_account(connect: Connector, keyring_store: FakeKeyringStore | None = None, **options: Any) -> Account:
    return Account(
        connect, base_url=PRODUCTION, profile="p", keyring_store=cast("KeyringStore | None", keyring_store), **options
    )


async def test_credentials_of_the_environment_need_no_keyring() -> None:
    keyring_store, connect = FakeKeyringStore(StoredCredentials(BareToken(Secret("other")), SANDBOX)), Connector()
    account = an_account(connect, keyring_store, credentials=KEY, source=Source.ENVIRONMENT)
    await account.open()
    assert connect.made[0].credentials == KEY
    assert (account.account_id, account.source) == ("A1", Source.ENVIRONMENT)


async def test_the_keyring_provides_credentials_address_and_token() -> None:
    connect = Connector()
    account = an_account(connect, FakeKeyringStore(StoredCredentials(KEY, SANDBOX, TOKEN)))
    await account.open()
    (client,) = connect.made
    assert (client.base_url, client.credentials, client.tokens.initial) == (SANDBOX, KEY, TOKEN)
    assert account.client() is cast("Client", client)


async def test_without_credentials_the_account_is_signed_out() -> None:
    account = an_account(Connector(), FakeKeyringStore())
    await account.open()
    assert not account.has_credentials
    with pytest.raises(SignedOut):
        account.client()


async def test_stored_credentials_are_not_sent_to_another_address() -> None:
    connect = Connector()
    account = an_account(connect, FakeKeyringStore(StoredCredentials(KEY, SANDBOX)), is_base_url_given=True)
    await account.open()
    assert connect.made == []
    with pytest.raises(SignedOut, match="another address"):
        account.client()


async def test_a_keyring_failure_is_recorded() -> None:
    keyring_store = FakeKeyringStore()
    keyring_store.trouble = CredentialStoreError(KeyringProblem.LOCKED, "locked")
    account = an_account(Connector(), keyring_store)
    await account.open()
    assert account.keyring_error is keyring_store.trouble
    with pytest.raises(SignedOut):
        account.client()


@pytest.mark.parametrize("trouble", [KeyringProblem.TIMED_OUT, KeyringProblem.LOCKED, KeyringProblem.DENIED])
async def test_a_failed_read_of_the_keyring_is_distinguished_from_no_credentials(trouble: KeyringProblem) -> None:
    keyring_store = FakeKeyringStore(StoredCredentials(KEY, PRODUCTION))
    keyring_store.trouble = CredentialStoreError(trouble, "The keyring did not respond", "3 s")
    account = an_account(Connector(), keyring_store)
    await account.open()
    assert account.keyring_read_error is keyring_store.trouble
    with pytest.raises(SignedOut, match="did not respond"):
        account.client()
    keyring_store.trouble = None
    await account.sign_in(PRODUCTION, KEY)
    assert account.keyring_read_error is None


async def test_without_a_keyring_the_account_is_signed_out() -> None:
    keyring_store = FakeKeyringStore()
    keyring_store.trouble = CredentialStoreError(KeyringProblem.UNAVAILABLE, "No keyring was found on this machine")
    account = an_account(Connector(), keyring_store)
    await account.open()
    assert account.keyring_read_error is None
    with pytest.raises(SignedOut, match="Not signed in"):
        account.client()


async def test_a_client_that_cannot_be_created_fails_every_call() -> None:
    connect = Connector()
    connect.trouble = NotSent("bad certificate file")
    account = an_account(connect, credentials=KEY)
    await account.open()
    with pytest.raises(NotSent, match="bad certificate file"):
        account.client()


async def test_signing_in_changes_nothing_until_the_service_accepts() -> None:
    connect = Connector()
    account = an_account(connect, FakeKeyringStore(), credentials=KEY)
    await account.open()
    connect.refusal = SignedOut("no", 1001, "wrong")
    with pytest.raises(SignedOut):
        await account.sign_in(SANDBOX, AccountKey("A2", Secret("x")))
    first, second = connect.made
    assert account.client() is cast("Client", first)
    assert second.is_closed
    assert (account.account_id, account.base_url) == ("A1", PRODUCTION)
    connect.refusal = None
    await account.sign_in(SANDBOX, AccountKey("A2", Secret("y")))
    assert (account.account_id, account.base_url, account.source) == ("A2", SANDBOX, Source.TYPED)
    assert first.is_closed


async def test_entered_credentials_are_stored_on_request_only() -> None:
    keyring_store, connect = FakeKeyringStore(), Connector()
    account = an_account(connect, keyring_store)
    await account.sign_in(SANDBOX, KEY)
    assert keyring_store.stored is None
    assert await account.store_credentials() == "Test keyring"
    assert keyring_store.stored == StoredCredentials(KEY, SANDBOX)
    assert account.source is Source.KEYRING


async def test_a_renewed_token_is_stored_with_the_credentials() -> None:
    keyring_store, connect = FakeKeyringStore(StoredCredentials(KEY, PRODUCTION)), Connector()
    account = an_account(connect, keyring_store)
    await account.open()
    later = Token(Secret("new"), NOON + timedelta(minutes=30))
    connect.made[0].tokens.store(later)
    await until(lambda: keyring_store.stored is not None and keyring_store.stored.token == later)
    assert await connect.made[0].tokens.find() == later


async def test_a_token_of_entered_credentials_is_not_stored() -> None:
    keyring_store, connect = FakeKeyringStore(StoredCredentials(KEY, PRODUCTION)), Connector()
    account = an_account(connect, keyring_store)
    await account.sign_in(PRODUCTION, KEY)
    connect.made[0].tokens.store(TOKEN)
    await account.close()
    assert keyring_store.stored == StoredCredentials(KEY, PRODUCTION)
    assert await connect.made[0].tokens.find() is None


async def test_a_keyring_that_rejected_a_token_is_not_used_again() -> None:
    keyring_store, connect = FakeKeyringStore(StoredCredentials(KEY, PRODUCTION)), Connector()
    account = an_account(connect, keyring_store)
    await account.open()
    keyring_store.trouble = CredentialStoreError(KeyringProblem.DENIED, "denied")
    connect.made[0].tokens.store(TOKEN)
    await until(lambda: account.keyring_error is not None)
    keyring_store.trouble = None
    connect.made[0].tokens.store(TOKEN)
    await account.close()
    assert keyring_store.stored == StoredCredentials(KEY, PRODUCTION)
