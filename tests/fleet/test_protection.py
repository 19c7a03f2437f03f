"""Protected hosts: no path of an order leads to a request that stops, reboots or deletes one."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from support.factories import NOON, a_host
from support.wait import until

from xds_tui.config.hosts_file import HostsFile
from xds_tui.domain import protection
from xds_tui.domain.annotations import Annotation, AnnotationChange
from xds_tui.domain.protection import GUARDED_ACTIONS, MARKED
from xds_tui.domain.records import OrderAction, OrderState
from xds_tui.fleet.annotation_book import AnnotationBook
from xds_tui.fleet.order_requests import CALLS, new_id, new_request
from xds_tui.fleet.order_service import OrderService
from xds_tui.store.journal import Journal

HOST = a_host(id="h1")


class RecordingClient:
    """A client that accepts everything and records it."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def power(self, host_id: str, on: bool) -> None:
        self.asked.append(f"{'start' if on else 'stop'} {host_id}")

    async def reboot(self, host_id: str) -> None:
        self.asked.append(f"reboot {host_id}")

    async def delete(self, host_id: str) -> None:
        self.asked.append(f"delete {host_id}")


class Orders:
    """An order service with a hosts file."""

    def __init__(self, journal: Journal, path: Path, *rules: str) -> None:
        self.client = RecordingClient()
        self.book = AnnotationBook(HostsFile(path), rules)
        self.service = OrderService(
            lambda: self.client,  # type: ignore[arg-type,return-value]
            journal,
            lambda: NOON,
            lambda _events: None,
            self.book,
        )

    async def place(self, action: OrderAction, *, submitted: bool) -> list[OrderState]:
        if submitted:
            await self.service.submit(new_request(new_id(), action, NOON, hosts=[HOST]))
        else:
            match action:
                case OrderAction.REBOOT:
                    self.service.reboot([HOST])
                case OrderAction.DELETE:
                    self.service.delete([HOST])
                case _:
                    self.service.power([HOST], on=action is OrderAction.POWER_ON)
        await until(lambda: not self.service.is_sending)
        return [order.state for order in self.service.all]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "hosts.toml"


def save(path: Path, text: str) -> None:
    path.write_text(text)
    os.utime(path, (time.time() - 60,) * 2)


@pytest.mark.parametrize("submitted", [True, False])
@pytest.mark.parametrize("action", list(CALLS), ids=lambda action: action.name)
@pytest.mark.parametrize(
    ("text", "rules"),
    [
        ("[hosts.h1]\nprotected = true\n", ()),
        ('[hosts.h1]\ntags = ["prod"]\n', ("tag:prod",)),
        ('[hosts.h1]\ntags = "prod"\n', ()),
        ("[hosts.h1", ()),
    ],
)
async def test_no_request_that_harms_a_protected_host_is_sent(
    journal: Journal, path: Path, text: str, rules: tuple[str, ...], action: OrderAction, submitted: bool
) -> None:
    save(path, text)
    orders = Orders(journal, path, *rules)
    states = await orders.place(action, submitted=submitted)
    if action in GUARDED_ACTIONS:
        assert (states, orders.client.asked) == ([OrderState.NOT_SENT], [])
        assert orders.service.all[0].summary in protection.REASONS
    else:
        assert (states, orders.client.asked) == ([OrderState.ACCEPTED], ["start h1"])


async def test_protection_by_somebody_else_counts_at_once_and_ends_when_it_is_removed(
    journal: Journal, path: Path
) -> None:
    orders = Orders(journal, path)
    await orders.book.refresh()
    save(path, "[hosts.h1]\nprotected = true\n")
    assert await orders.place(OrderAction.DELETE, submitted=False) == [OrderState.NOT_SENT]
    await orders.book.edit({"h1": AnnotationChange(is_marked=False)})
    assert OrderState.ACCEPTED in await orders.place(OrderAction.DELETE, submitted=False)
    assert orders.client.asked == ["delete h1"]


def test_every_operation_but_starting_is_guarded() -> None:
    assert set(CALLS) - GUARDED_ACTIONS == {OrderAction.POWER_ON}


def test_hosts_are_split_into_allowed_and_protected_ones() -> None:
    marked = a_host(id="h2", annotation=Annotation(is_marked=True))
    assert protection.split_protected(OrderAction.DELETE, [HOST, marked]) == ([HOST], [marked])
    assert protection.split_protected(OrderAction.POWER_ON, [HOST, marked]) == ([HOST, marked], [])
    assert protection.reason_against(OrderAction.DELETE, marked.annotation) == MARKED
