"""Answers that say nothing certain about what was done."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from support.simulator_client import BILLED, OFF, PAIR, STARTING, Simulated
from support.wait import TIMEOUT

from tests.simulator_faults import presets
from tests.simulator_faults.faults import Fault, Form, Kind

CREATE = ("POST", "createquantity", PAIR)
MYPAGE = "pve/open/mypage"

FORMS = {
    Form.ENVELOPE: {"code", "data", "msg", "traceId", "success"},
    Form.GATEWAY: {"code", "message", "traceId"},
    Form.FLOW_CONTROL: {"code", "message", "routeID"},
    Form.SECURITY: {"code", "uri", "msg"},
    Form.BARE: {"code", "msg"},
    Form.NO_CODE: {"message"},
}


async def simulated_with(*faults: Fault, hosts: int = 0, **options: Any) -> Simulated:
    simulated = Simulated(hosts, **options)
    simulated.service.faults.set(*faults)
    return simulated


@pytest.mark.parametrize("form", Form)
@pytest.mark.parametrize(("kind", "sold"), [(Kind.CODE, 0), (Kind.CODE_AFTER, 1)])
async def test_a_code_has_the_fields_of_its_form(form: Form, kind: Kind, sold: int) -> None:
    simulated = await simulated_with(Fault(kind=kind, form=form, code=1003, status=418))
    answer = await simulated.ask(*CREATE)
    assert (answer.status_code, set(answer.json())) == (418, FORMS[form])
    assert len(simulated.world.ledger) == sold


async def test_the_gateway_times_out_with_code_404_after_a_sale() -> None:
    simulated = await simulated_with(presets.GATEWAY_TIMEOUT)
    answer = await simulated.ask(*CREATE)
    assert (answer.status_code, answer.json()["code"]) == (504, 404)
    assert answer.json()["message"].startswith("504 GATEWAY_TIMEOUT")
    assert len(simulated.world.ledger) == 1


async def test_only_the_data_of_a_success_have_another_type() -> None:
    wrong = Fault(kind=Kind.WRONG_TYPE)
    simulated = await simulated_with(wrong, wrong)
    sold = (await simulated.ask(*CREATE)).json()
    rejected = (await simulated.ask("GET", "reboot/nonesuch")).json()
    assert (sold["code"], sold["data"]) == (0, [[42]])
    assert rejected["code"] != 0


async def test_work_can_be_done_after_the_response() -> None:
    simulated = await simulated_with(Fault(kind=Kind.CODE_AFTER, code=6005, seconds=60))
    released = asyncio.Event()
    waited = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)
        await released.wait()

    simulated.service.sleep = sleep
    assert await simulated.code(*CREATE) == 6005
    assert simulated.world.ledger == []
    released.set()
    async with asyncio.timeout(TIMEOUT):
        while not simulated.world.ledger:  # noqa: ASYNC110 - the ledger announces nothing
            await asyncio.sleep(0)
    assert waited == [60]


async def test_fields_of_an_envelope_can_be_changed_and_removed() -> None:
    simulated = await simulated_with(
        Fault(kind=Kind.ALTERED, fields={"success": False, "data": None}, without=("traceId",)),
    )
    answer = (await simulated.ask(*CREATE)).json()
    assert answer == {"code": 0, "data": None, "msg": "success", "success": False}
    assert len(simulated.world.ledger) == 1


async def test_an_altered_envelope_keeps_the_digits_of_prices() -> None:
    simulated = await simulated_with(Fault(kind=Kind.ALTERED, without=("success",)))
    assert '"amount":0.1234567890123456789,' in (await simulated.ask("GET", "packAge/0")).text


@pytest.mark.parametrize(("kind", "sold"), [(Kind.ANSWER, 0), (Kind.ANSWER_AFTER, 1)])
async def test_a_given_body_is_sent_unchanged(kind: Kind, sold: int) -> None:
    simulated = await simulated_with(Fault(kind=kind, status=401, body="no"))
    answer = await simulated.ask(*CREATE)
    assert (answer.status_code, answer.text, len(simulated.world.ledger)) == (401, "no", sold)


async def test_a_repeated_power_call_returns_the_last_response() -> None:
    simulated = Simulated()
    host_id = await simulated.buy()
    simulated.service.faults.set(Fault(kind=Kind.REPEATED))
    assert await simulated.power(host_id, on=True) == 6000
    assert await simulated.status(host_id) == STARTING


async def test_a_repeated_reboot_is_carried_out_and_rejected() -> None:
    simulated = Simulated()
    host_id = await simulated.started(await simulated.buy())
    assert await simulated.status(host_id) == BILLED
    simulated.service.faults.set(Fault(kind=Kind.REPEATED, repeats=4))
    assert await simulated.code("GET", f"reboot/{host_id}") == 7004
    assert await simulated.status(host_id) == STARTING


@pytest.mark.parametrize("repeats", [1, 3])
async def test_a_repeated_delete_does_not_find_the_host(repeats: int) -> None:
    simulated = Simulated()
    host_id = await simulated.buy()
    simulated.service.faults.set(Fault(kind=Kind.REPEATED, repeats=repeats))
    assert await simulated.code("DELETE", f"delete/{host_id}") == 1021
    assert simulated.world.listed() == []


async def test_a_create_is_never_repeated() -> None:
    simulated = await simulated_with(Fault(kind=Kind.REPEATED, repeats=3))
    await simulated.ask(*CREATE)
    assert len(simulated.world.ledger) == 1


async def pages(simulated: Simulated, count: int) -> tuple[list[str | None], set[int]]:
    """The IDs on the first pages, None for a row without one, and the totals that they name."""
    found = [await simulated.data("GET", "mypage", page=page + 1, pageSize=25) for page in range(count)]
    return [row.get("id") for page in found for row in page["data"]], {page["totalCounts"] for page in found}


@pytest.mark.parametrize(
    ("hidden", "total", "shown", "said"),
    [(6, 60, 54, 60), (0, 50, 60, 50), (35, 0, 25, 0), (6, None, 54, 54), (99, None, 0, 0)],
)
async def test_a_list_can_be_inconsistent(hidden: int, total: int | None, shown: int, said: int) -> None:
    fault = Fault(kind=Kind.LISTING, endpoint=MYPAGE, times=3, hidden=hidden, total=total)
    simulated = await simulated_with(fault, hosts=60)
    hosts = [host.id for host in simulated.world.listed()]
    assert await pages(simulated, 3) == (hosts[:shown], {said})
    assert await pages(simulated, 3) == (hosts, {60})
    assert await simulated.code("GET", f"one/{hosts[-1]}") == 0


async def test_rows_can_lack_their_id() -> None:
    simulated = await simulated_with(Fault(kind=Kind.LISTING, endpoint=MYPAGE, nameless=2), hosts=4)
    hosts = [host.id for host in simulated.world.listed()]
    assert await pages(simulated, 1) == ([None, None, *hosts[2:]], {4})


async def test_an_error_of_the_list_is_returned_unchanged() -> None:
    simulated = await simulated_with(Fault(kind=Kind.LISTING, endpoint=MYPAGE, hidden=1), hosts=4)
    simulated.world.expire_tokens()
    assert await simulated.code("GET", "mypage", page=1, pageSize=25) == 401


async def test_a_fault_of_the_list_strikes_no_other_request() -> None:
    simulated = await simulated_with(Fault(kind=Kind.LISTING, hidden=1))
    assert await simulated.buy()


async def responses(faults: tuple[Fault, ...], sold: int) -> list[httpx.Response]:
    found = []
    for fault in faults:
        simulated = await simulated_with(fault)
        found.append(await simulated.ask(*CREATE))
        assert len(simulated.world.ledger) == sold, fault
    return found


@pytest.mark.parametrize("is_done", [False, True])
async def test_every_code_is_returned_with_and_without_the_work(is_done: bool) -> None:
    answers = await responses(presets.codes("pve/open/create", is_done=is_done), int(is_done))
    codes = [answer.json()["code"] for answer in answers]
    assert codes == list(presets.EVERY_CODE)
    assert len(set(codes)) == len(codes)
    assert {401, 400, 404, 403, 408, 429, 430, 499, 501, 502, 504, 1003, 1005, 1016, 2000, 2001, 6005} <= set(codes)


@pytest.mark.parametrize("is_done", [False, True])
async def test_every_misleading_response_is_returned_with_and_without_the_work(is_done: bool) -> None:
    faults = presets.misleading("pve/open/create", is_done=is_done)
    assert len({repr(fault) for fault in faults}) == len(faults)
    answers = await responses(faults, int(is_done))
    assert {200, 400, 401, 403, 404, 408, 429, 499, 500, 502, 503, 504} <= {answer.status_code for answer in answers}


async def test_a_host_stays_off_after_a_code_that_did_nothing() -> None:
    simulated = Simulated()
    host_id = await simulated.buy()
    for fault in presets.codes("pve/open/operate", is_done=False):
        simulated.service.faults.set(fault)
        assert await simulated.power(host_id, on=True) == fault.code
        assert await simulated.status(host_id) == OFF
