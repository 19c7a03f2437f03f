from __future__ import annotations

from typing import Any

import pytest
from support.simulator_client import Simulated

from xds_tui.simulator.world import ACCOUNT, SECRET, UNVERIFIED

IMAGE = ("GET", "image")
KEY = {"uuid": ACCOUNT, "secret": SECRET}


async def sign_in(simulated: Simulated, body: object) -> dict[str, Any]:
    answer: dict[str, Any] = (await simulated.send("POST", "/v1/auth/getToken", json=body)).json()
    return answer


async def test_a_token_is_valid_for_thirty_minutes() -> None:
    simulated = Simulated()
    answer = await sign_in(simulated, KEY)
    assert answer["data"]["effectiveTime"] == 1_800_000
    simulated.token = answer["data"]["token"]
    simulated.clock.advance(1799.9)
    assert await simulated.code(*IMAGE) == 0
    simulated.clock.advance(0.1)
    assert await simulated.code(*IMAGE) == 401


@pytest.mark.parametrize("body", [{}, [], None, "x", {"uuid": ACCOUNT}, {"secret": SECRET}, KEY | {"secret": ""}])
async def test_a_missing_parameter_is_rejected(body: object) -> None:
    assert (await sign_in(Simulated(), body))["code"] == 1007


@pytest.mark.parametrize("wrong", [{"uuid": "B"}, {"secret": "no"}, {"uuid": [1]}, {"secret": {"a": 1}}, {"uuid": 1}])
async def test_a_wrong_secret_is_rejected(wrong: dict[str, object]) -> None:
    assert (await sign_in(Simulated(), KEY | wrong))["code"] == 1001


@pytest.mark.parametrize("status", [200, 401])
async def test_a_missing_or_wrong_token_is_rejected_with_the_configured_status(status: int) -> None:
    simulated = Simulated(auth_status=status)
    for headers in ({}, {"Finovy-Access-Token": ""}, {"Finovy-Access-Token": "wrong"}):
        response = await simulated.send("GET", "/v1/pve/open/image", headers=headers)
        assert (response.status_code, response.json()["code"]) == (status, 401)


async def test_every_endpoint_except_get_token_requires_a_token() -> None:
    simulated = Simulated(3)
    simulated.token = "wrong"
    host_id = simulated.world.host_rows()[0]["id"]
    for method, path in (
        ("GET", "image"),
        ("GET", "packAge/0"),
        ("POST", "createquantity"),
        ("POST", "createRent"),
        ("GET", f"operate/{host_id}?type=0"),
        ("GET", f"reboot/{host_id}"),
        ("GET", f"one/{host_id}"),
        ("GET", "mypage?page=1&pageSize=1"),
        ("DELETE", f"delete/{host_id}"),
    ):
        assert await simulated.code(method, path) == 401


@pytest.mark.parametrize(("single", "code"), [(False, 0), (True, 401)])
async def test_a_new_token_invalidates_older_ones_only_if_configured(single: bool, code: int) -> None:
    simulated = Simulated(single_token=single)
    simulated.world.mint(UNVERIFIED)
    assert await simulated.code(*IMAGE) == 0
    newest = simulated.world.mint()
    assert await simulated.code(*IMAGE) == code
    simulated.token = newest
    assert await simulated.code(*IMAGE) == 0


async def test_get_token_can_return_the_current_token_with_its_remaining_lifetime() -> None:
    simulated = Simulated(same_token=True)
    assert (await sign_in(simulated, {"uuid": UNVERIFIED, "secret": SECRET}))["data"]["token"] != simulated.token
    simulated.clock.advance(600)
    assert (await sign_in(simulated, KEY))["data"] == {"token": simulated.token, "effectiveTime": 1_200_000}
    simulated.clock.advance(1200)
    renewed = (await sign_in(simulated, KEY))["data"]
    assert (renewed["token"] != simulated.token, renewed["effectiveTime"]) == (True, 1_800_000)


async def test_all_tokens_can_be_expired() -> None:
    simulated = Simulated()
    simulated.world.expire_tokens()
    assert await simulated.code(*IMAGE) == 401
    simulated.token = simulated.world.mint()
    assert await simulated.code(*IMAGE) == 0


@pytest.mark.parametrize("code", [2000, 2001, 501, 502])
async def test_a_token_can_be_rejected_with_another_code(code: int) -> None:
    simulated = Simulated(auth_code=code, auth_status=401, error_status=500)
    simulated.world.expire_tokens()
    answer = await simulated.ask("GET", "image")
    assert (answer.status_code, answer.json()["code"]) == (401, code)


async def test_a_token_can_be_rejected_by_the_http_status_alone() -> None:
    simulated = Simulated(auth_code=None, auth_status=401)
    simulated.world.expire_tokens()
    answer = await simulated.ask("GET", "image")
    assert (answer.status_code, "code" in answer.json()) == (401, False)
