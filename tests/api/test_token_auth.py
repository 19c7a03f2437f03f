from __future__ import annotations

import asyncio
import itertools
import json
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from xds_tui.api.errors import BadResponse, Rejected, SignedOut
from xds_tui.api.token_auth import DOCUMENTED_LIFE, MARGIN, SAFE, TOKEN_HEADER, URGENT, TokenAuth
from xds_tui.domain.credentials import AccountKey, BareToken, Credentials, Secret, Token

BASE = "https://service.test/prefix"
ACCOUNT = AccountKey("A27550582", Secret("app-s3cr3t"))
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now

    def move(self, **time: float) -> None:
        self.now += timedelta(**time)


class Service:
    """Mints token-1, token-2, ... and accepts only the newest; remembers what it was asked."""

    def __init__(self) -> None:
        self.minted = 0
        self.asked: list[str | None] = []
        self.mints: list[dict[str, str]] = []
        self.accepts: str | None = None
        self.life: object = 1_800_000
        self.mint_answer: httpx.Response | None = None
        self.reject_with: dict[str, object] = {"code": 401, "msg": "expired", "traceId": "t401"}
        self.status_of_401 = 200
        self.gate: asyncio.Event | None = None
        self.asked_to_mint = asyncio.Event()

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/v1/auth/getToken"):
            return await self._mint(request)
        token = request.headers.get(TOKEN_HEADER)
        self.asked.append(token)
        if token != self.accepts:
            return httpx.Response(self.status_of_401, json=self.reject_with)
        return httpx.Response(200, json={"code": 0, "data": []})

    async def _mint(self, request: httpx.Request) -> httpx.Response:
        assert TOKEN_HEADER not in request.headers
        assert str(request.url) == BASE + "/v1/auth/getToken"
        self.mints.append(json.loads(request.content))
        self.asked_to_mint.set()
        if self.gate is not None:
            await self.gate.wait()
        if self.mint_answer is not None:
            return self.mint_answer
        self.minted += 1
        self.accepts = f"token-{self.minted}"
        return httpx.Response(200, json={"code": 0, "data": {"token": self.accepts, "effectiveTime": self.life}})


class Pair:
    """A session and the service that it talks to."""

    def __init__(self, credentials: Credentials = ACCOUNT, *, service: Service | None = None, **more: object) -> None:
        self.service = service or Service()
        self.clock = Clock()
        self.seconds = 0.0
        self.kept: list[tuple[Secret, datetime]] = []
        self.session = TokenAuth(
            BASE,
            credentials,
            clock=self.clock,
            monotonic=lambda: self.seconds,
            on_token=lambda *token: self.kept.append(token),
            **more,  # type: ignore[arg-type]
        )
        self.http = httpx.AsyncClient(auth=self.session, transport=httpx.MockTransport(self.service))

    async def read(self) -> httpx.Response:
        return await self.http.get(BASE + "/v1/pve/open/image", extensions={SAFE: True})

    async def read_urgently(self) -> httpx.Response:
        return await self.http.get(BASE + "/v1/pve/open/packAge/0", extensions={SAFE: True, URGENT: True})

    async def change(self) -> httpx.Response:
        return await self.http.post(BASE + "/v1/pve/open/createRent", extensions={SAFE: False})


async def test_the_first_call_gets_a_token_and_the_others_use_it() -> None:
    pair = Pair()
    await pair.read()
    await pair.change()
    assert pair.service.mints == [{"uuid": "A27550582", "secret": "app-s3cr3t"}]
    assert pair.service.asked == ["token-1", "token-1"]
    assert pair.kept == [(Secret("token-1"), NOON + timedelta(minutes=30))]


async def test_a_token_is_renewed_before_it_expires() -> None:
    pair = Pair()
    await pair.read()
    pair.clock.move(seconds=1800 - MARGIN.total_seconds() - 1)
    await pair.read()
    assert pair.service.minted == 1
    pair.clock.move(seconds=1)
    await pair.change()
    assert pair.service.asked == ["token-1", "token-1", "token-2"]


async def test_a_short_lived_token_is_used_for_most_of_its_lifetime() -> None:
    pair = Pair()
    pair.service.life = 10_000
    await pair.read()
    pair.clock.move(seconds=7.9)
    await pair.read()
    assert pair.service.minted == 1
    pair.clock.move(seconds=0.1)
    await pair.read()
    assert pair.service.minted == 2


@pytest.mark.parametrize("life", [None, "soon", -1, 0])
async def test_an_invalid_lifetime_is_the_documented_one(life: object) -> None:
    pair = Pair()
    pair.service.life = life
    await pair.read()
    assert pair.kept == [(Secret("token-1"), NOON + DOCUMENTED_LIFE)]


async def test_an_excessive_lifetime_is_limited() -> None:
    pair = Pair()
    pair.service.life = 10**18
    await pair.read()
    assert pair.kept == [(Secret("token-1"), NOON + timedelta(days=1))]


async def test_twenty_waiters_share_one_renewal() -> None:
    pair = Pair()
    pair.service.gate = asyncio.Event()
    calls = [asyncio.create_task(pair.read()) for _ in range(20)]
    await pair.service.asked_to_mint.wait()
    pair.service.gate.set()
    await asyncio.gather(*calls)
    assert pair.service.minted == 1
    assert pair.service.asked == ["token-1"] * 20


async def test_twenty_calls_that_are_rejected_together_share_one_renewal() -> None:
    pair = Pair(token=Token(Secret("stale"), NOON + timedelta(hours=1)))
    await asyncio.gather(*(pair.read() for _ in range(20)))
    assert pair.service.minted == 1
    assert pair.service.asked.count("token-1") == 20


async def test_a_cancelled_renewal_does_not_block_the_next() -> None:
    pair = Pair()
    pair.service.gate = asyncio.Event()
    first = asyncio.create_task(pair.read())
    await pair.service.asked_to_mint.wait()
    second = asyncio.create_task(pair.read())
    first.cancel()
    pair.service.gate.set()
    assert (await second).status_code == 200
    assert first.cancelled()


@pytest.mark.parametrize("status", [200, 401])
async def test_after_a_401_a_safe_call_is_repeated_once_with_a_new_token(status: int) -> None:
    pair = Pair(token=Token(Secret("stale"), NOON + timedelta(hours=1)))
    pair.service.status_of_401 = status
    assert (await pair.read()).json()["code"] == 0
    assert pair.service.asked == ["stale", "token-1"]
    assert pair.service.minted == 1


async def test_rejected_new_tokens_sign_out_temporarily() -> None:
    pair = Pair()
    pair.service.mint_answer = httpx.Response(200, json={"code": 0, "data": {"token": "bad"}})
    with pytest.raises(SignedOut) as caught:
        await pair.read()
    assert caught.value.trace_id == "t401"
    assert caught.value.is_passing
    assert pair.service.asked == ["bad"] * 2
    assert len(pair.service.mints) == 2


@pytest.mark.parametrize("status", [200, 401])
async def test_after_a_401_a_changing_call_is_not_repeated_but_the_next_gets_a_token(status: int) -> None:
    pair = Pair(token=Token(Secret("stale"), NOON + timedelta(hours=1)))
    pair.service.status_of_401 = status
    await pair.change()
    assert pair.service.asked == ["stale"]
    await pair.change()
    assert pair.service.asked == ["stale", "token-1"]


async def test_an_unmarked_call_counts_as_a_changing_one() -> None:
    pair = Pair(token=Token(Secret("stale"), NOON + timedelta(hours=1)))
    await pair.http.get(BASE + "/v1/pve/open/operate/h1?type=1")
    assert pair.service.asked == ["stale"]


@pytest.mark.parametrize("code", [401, 1001])
async def test_a_wrong_secret_is_reported_and_not_sent_again_until_it_is_replaced(code: int) -> None:
    pair = Pair()
    pair.service.mint_answer = httpx.Response(200, json={"code": code, "msg": "wrong secret", "traceId": "t1"})
    for _ in range(3):
        with pytest.raises(SignedOut) as caught:
            await pair.read()
        assert (caught.value.code, caught.value.message, caught.value.trace_id) == (code, "wrong secret", "t1")
    assert len(pair.service.mints) == 1
    pair.service.mint_answer = None
    pair.session.replace(AccountKey("A27550582", Secret("right")))
    await pair.read()
    assert pair.service.mints[-1]["secret"] == "right"


async def test_http_401_without_a_code_from_get_token_means_wrong_credentials_too() -> None:
    pair = Pair()
    pair.service.mint_answer = httpx.Response(401, json={"msg": "Authentication Fail"})
    for _ in range(2):
        with pytest.raises(SignedOut):
            await pair.read()
    assert len(pair.service.mints) == 1


@pytest.mark.parametrize(
    "code", [400, 403, 404, 429, 500, 501, 502, 503, 1003, 1005, 1007, 1016, 2000, 2001, 4711, 6005, 9000]
)
async def test_every_other_code_of_get_token_is_temporary(code: int) -> None:
    pair = Pair()
    pair.service.mint_answer = httpx.Response(200, json={"code": code, "msg": "busy"}, headers={"Retry-After": "5"})
    with pytest.raises(Rejected) as caught:
        await pair.change()
    assert (caught.value.code, caught.value.retry_after) == (code, 5.0)
    pair.service.mint_answer = None
    pair.seconds += 5
    await pair.change()
    assert pair.service.asked == ["token-1"]


@pytest.mark.parametrize(
    "response",
    [
        httpx.Response(502, text="<h1>Bad Gateway</h1>"),
        httpx.Response(504, json={"code": 404, "message": "504 GATEWAY_TIMEOUT"}),
        httpx.Response(200, text="<title>Hotel</title>"),
        httpx.Response(302, headers={"Location": "https://elsewhere.test/"}),
        httpx.Response(200, json={"code": 0, "data": None}),
        httpx.Response(200, json={"timestamp": 1, "status": 500}),
    ],
)
async def test_every_other_response_of_get_token_is_temporary(response: httpx.Response) -> None:
    pair = Pair()
    pair.service.mint_answer = response
    with pytest.raises((Rejected, BadResponse)):
        await pair.read()
    pair.service.mint_answer = None
    pair.seconds += 1
    await pair.read()
    assert pair.service.asked == ["token-1"]


async def test_get_token_is_repeated_with_growing_pauses_and_after_retry_after() -> None:
    pair = Pair()
    pair.service.mint_answer = httpx.Response(200, json={"code": 1003, "msg": "no"})
    moments = []
    for second in range(400):
        pair.seconds = float(second)
        before = len(pair.service.mints)
        with pytest.raises(Rejected):
            await pair.read()
        if len(pair.service.mints) > before:
            moments.append(second)
    pauses = [later - earlier for earlier, later in itertools.pairwise(moments)]
    assert pauses == sorted(pauses)
    assert len(moments) < 25
    pair.service.mint_answer = httpx.Response(503, headers={"Retry-After": "900"})
    pair.seconds += 120
    with pytest.raises(Rejected):
        await pair.read()
    asked = len(pair.service.mints)
    pair.seconds += 899
    with pytest.raises(Rejected):
        await pair.read()
    assert len(pair.service.mints) == asked
    pair.service.mint_answer = None
    pair.seconds += 1
    await pair.read()


async def test_twenty_waiters_share_one_failure_to_get_a_token() -> None:
    pair = Pair()
    pair.service.mint_answer = httpx.Response(200, json={"code": 1003, "msg": "no"})
    pair.service.gate = asyncio.Event()
    calls = [asyncio.create_task(pair.read()) for _ in range(20)]
    await pair.service.asked_to_mint.wait()
    pair.service.gate.set()
    failures = await asyncio.gather(*calls, return_exceptions=True)
    assert {type(failure) for failure in failures} == {Rejected}
    assert len(pair.service.mints) == 1


@pytest.mark.parametrize(
    ("data", "life"),
    [
        ("3V41hUWEwlwKH44m7SpJOs", DOCUMENTED_LIFE),
        ({"token": "3V41hUWEwlwKH44m7SpJOs", "effective_time": 600_000}, timedelta(minutes=10)),
        ({"token": "3V41hUWEwlwKH44m7SpJOs", "effectiveTime": "600000"}, timedelta(minutes=10)),
        ({"token": "3V41hUWEwlwKH44m7SpJOs"}, DOCUMENTED_LIFE),
    ],
)
async def test_every_published_form_of_a_token_is_accepted(data: object, life: timedelta) -> None:
    pair = Pair()
    pair.service.mint_answer = httpx.Response(200, json={"code": 0, "data": data})
    pair.service.accepts = "3V41hUWEwlwKH44m7SpJOs"
    await pair.read()
    assert pair.kept == [(Secret("3V41hUWEwlwKH44m7SpJOs"), NOON + life)]


@pytest.mark.parametrize(("code", "message"), [(1007, "缺少必要参数"), (1003, "nonce must not be null")])
async def test_a_service_of_the_first_revision_gets_nonce_and_time_map(code: int, message: str) -> None:
    class Old(Service):
        async def _mint(self, request: httpx.Request) -> httpx.Response:
            body = json.loads(request.content)
            if not all(isinstance(body.get(name), str) and body[name] for name in ("nonce", "timeMap")):
                self.mints.append(body)
                return httpx.Response(200, json={"code": code, "msg": message})
            return await super()._mint(request)

    pair = Pair(service=Old())
    await pair.read()
    assert [sorted(body) for body in pair.service.mints] == [
        ["secret", "uuid"],
        ["nonce", "secret", "timeMap", "uuid"],
    ]
    pair.clock.move(minutes=31)
    await pair.read()
    assert pair.service.minted == 2
    assert len(pair.service.mints) == 3


@pytest.mark.parametrize("data", [None, "", "a b", 17, True, [], {"token": ""}, {"token": "a\nb"}, {"token": None}])
async def test_an_invalid_token_is_a_bad_response(data: object) -> None:
    pair = Pair()
    pair.service.mint_answer = httpx.Response(200, json={"code": 0, "data": data})
    with pytest.raises(BadResponse):
        await pair.read()
    assert pair.service.asked == []


async def test_a_bare_token_is_used_unchanged_and_cannot_be_renewed() -> None:
    pair = Pair(BareToken(Secret("mine")))
    pair.service.accepts = "mine"
    await pair.read()
    pair.service.accepts = "another"
    with pytest.raises(SignedOut):
        await pair.read()
    assert pair.service.mints == []
    assert pair.service.asked == ["mine", "mine"]


@pytest.mark.parametrize("token", ["", "a\nb", "tökén", "a b"])
async def test_a_bare_token_that_does_not_fit_a_header_is_not_sent(token: str) -> None:
    pair = Pair(BareToken(Secret(token)))
    with pytest.raises(SignedOut):
        await pair.read()
    assert pair.service.asked == []


async def test_the_token_of_another_program_is_used_instead_of_a_new_one() -> None:
    async def found() -> Token:
        return Token(Secret("theirs"), NOON + timedelta(minutes=20))

    pair = Pair(token=Token(Secret("stale"), NOON + timedelta(hours=1)), find_token=found)
    pair.service.accepts = "theirs"
    await pair.read()
    assert pair.service.asked == ["stale", "theirs"]
    assert pair.service.mints == []


async def test_an_expiring_token_is_not_read_back_from_the_store() -> None:
    ending = Token(Secret("ending"), NOON + timedelta(minutes=30))

    async def find() -> Token:
        return ending

    pair = Pair(token=ending, find_token=find)
    pair.service.accepts = "ending"
    await pair.read()
    pair.clock.move(minutes=29, seconds=1)
    await pair.read()
    assert pair.service.asked == ["ending", "token-1"]


async def test_a_token_that_another_program_gets_at_the_same_time_is_found() -> None:
    kept: list[Token] = []

    async def find() -> Token | None:
        return kept[0] if kept else None

    pair = Pair(find_token=find)
    pair.service.accepts = "theirs"
    pair.service.mint_answer = httpx.Response(200, json={"code": 0, "data": {"token": "killed"}})
    pair.service.gate = asyncio.Event()
    reading = asyncio.create_task(pair.read())
    await pair.service.asked_to_mint.wait()
    kept.append(Token(Secret("theirs"), NOON + timedelta(minutes=30)))
    pair.service.gate.set()
    await reading
    assert pair.service.asked == ["killed", "theirs"]


@pytest.mark.parametrize(
    "found", [None, Token(Secret("stale"), NOON + timedelta(hours=1)), Token(Secret("over"), NOON - timedelta(hours=1))]
)
async def test_invalid_rejected_and_expired_stored_tokens_are_ignored(found: Token | None) -> None:
    async def find() -> Token | None:
        return found

    pair = Pair(token=Token(Secret("stale"), NOON + timedelta(hours=1)), find_token=find)
    await pair.read()
    assert pair.service.asked == ["stale", "token-1"]


async def test_a_token_of_replaced_credentials_is_not_stored() -> None:
    pair = Pair()
    pair.service.gate = asyncio.Event()
    call = asyncio.create_task(pair.read())
    await pair.service.asked_to_mint.wait()
    pair.session.replace(AccountKey("B", Secret("other")))
    pair.service.gate.set()
    await call
    assert pair.kept == []
    await pair.read()
    assert [mint["uuid"] for mint in pair.service.mints] == ["A27550582", "B"]


async def test_no_other_origin_gets_the_token() -> None:
    pair = Pair(BareToken(Secret("mine")))
    for url in ("https://other.test/", "http://service.test/", "https://service.test:8443/"):
        await pair.http.get(url, extensions={SAFE: True})
    assert pair.service.asked == [None, None, None]


async def test_the_secrets_of_a_session_are_masked() -> None:
    pair = Pair()
    await pair.read()
    assert pair.session.mask("app-s3cr3t and token-1") == "•••• and ••••"
    assert "s3cr3t" not in f"{vars(pair.session)}"


async def test_the_rejection_of_a_replaced_secret_does_not_affect_the_new_one() -> None:
    pair = Pair()
    pair.service.gate = asyncio.Event()
    pair.service.mint_answer = httpx.Response(200, json={"code": 1001, "msg": "wrong secret"})
    call = asyncio.create_task(pair.read())
    await pair.service.asked_to_mint.wait()
    pair.session.replace(AccountKey("B", Secret("right")))
    pair.service.gate.set()
    with pytest.raises(SignedOut):
        await call
    pair.service.mint_answer = None
    assert (await pair.read()).status_code == 200


async def test_a_stored_token_of_replaced_credentials_is_not_used() -> None:
    async def found() -> Token:
        pair.session.replace(BareToken(Secret("mine")))
        return Token(Secret("theirs"), NOON + timedelta(minutes=20))

    pair = Pair(find_token=found)
    pair.service.accepts = "mine"
    await pair.read()
    assert pair.service.asked == ["mine"]


async def test_a_late_401_of_an_old_token_leaves_the_new_one_in_use() -> None:
    pair = Pair(token=Token(Secret("stale"), NOON + timedelta(hours=1)))
    late = pair.session.async_auth_flow(httpx.Request("GET", BASE + "/x", extensions={SAFE: True}))
    assert (await anext(late)).headers[TOKEN_HEADER] == "stale"
    await pair.read()
    again = await late.asend(httpx.Response(401, json={"code": 401}))
    assert again.headers[TOKEN_HEADER] == "token-1"
    await late.aclose()
    assert pair.service.minted == 1


REJECTIONS = [
    (200, {"code": 401, "msg": "Authentication Fail"}),
    (401, {"code": 401, "uri": "/v1/pve/open/mypage", "msg": "Authentication Fail"}),
    (401, {"msg": "Authentication Fail"}),
    (401, {"timestamp": "2024-02-19", "status": 401, "error": "Unauthorized", "path": "/"}),
    (200, {"code": 2000, "message": "no token", "traceId": "t"}),
    (401, {"code": 2001, "message": "invalid token", "traceId": "t"}),
    (200, {"code": 403, "message": "forbidden"}),
    (200, {"code": 501, "msg": "err token illegal", "success": False}),
    (401, {"code": 502, "msg": "err appsecrt illegal", "data": None}),
]


@pytest.mark.parametrize(("status", "body"), REJECTIONS)
async def test_every_way_to_reject_a_token_renews_it_and_repeats_a_reading_call_once(
    status: int, body: dict[str, object]
) -> None:
    pair = Pair(token=Token(Secret("stale"), NOON + timedelta(hours=1)))
    pair.service.status_of_401, pair.service.reject_with = status, body
    assert (await pair.read()).json()["code"] == 0
    assert pair.service.asked == ["stale", "token-1"]


@pytest.mark.parametrize(("status", "body"), REJECTIONS)
async def test_no_token_rejection_repeats_a_changing_call(status: int, body: dict[str, object]) -> None:
    pair = Pair(token=Token(Secret("stale"), NOON + timedelta(hours=1)))
    pair.service.status_of_401, pair.service.reject_with = status, body
    await pair.change()
    assert pair.service.asked == ["stale"]
    await pair.change()
    assert pair.service.asked == ["stale", "token-1"]


@pytest.mark.parametrize(("status", "body"), [(502, {"code": 502}), (501, {"code": 501}), (500, {"code": 1003})])
async def test_a_failing_gateway_does_not_invalidate_the_token(status: int, body: dict[str, object]) -> None:
    pair = Pair(token=Token(Secret("good"), NOON + timedelta(hours=1)))
    pair.service.status_of_401, pair.service.reject_with = status, body
    await pair.read()
    assert pair.service.asked == ["good"]
    assert pair.service.mints == []


async def test_repeated_early_rejections_slow_renewals_down() -> None:
    pair = Pair()
    pair.service.life = 1_800_000
    refused: list[SignedOut] = []
    for _ in range(240):
        try:
            await pair.read()
        except SignedOut as error:
            refused.append(error)
        pair.service.accepts = "the other program's"
        pair.clock.move(seconds=5)
    assert len(pair.service.mints) <= 14
    assert all(error.is_passing and error.retry_after for error in refused)


async def test_actions_of_the_user_do_not_wait_for_another_program() -> None:
    pair = Pair()
    for _ in range(4):
        await pair.change()
        pair.service.accepts = "the other program's"
        await pair.change()
    with pytest.raises(SignedOut, match="Another program"):
        await pair.read()
    await pair.read_urgently()
    pair.service.accepts = "the other program's"
    await pair.change()
    await pair.change()


async def test_occasional_early_rejections_renew_immediately() -> None:
    pair = Pair()
    for _ in range(6):
        await pair.read()
        pair.service.accepts = "another"
        await pair.read()
        pair.clock.move(minutes=11)
