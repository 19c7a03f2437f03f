from __future__ import annotations

import json
import signal
import string
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.factories import NOON, a_host, a_package, a_snapshot, an_image
from support.sql import execute

from xds_tui.domain.annotations import NO_ANNOTATION, Annotation
from xds_tui.domain.credentials import Secret
from xds_tui.domain.model import Area, Billing, Host, Period, PeriodUnit, Purpose, Snapshot, Status
from xds_tui.domain.records import Event, EventKind, Order, OrderAction, OrderState, Quote, Sample
from xds_tui.domain.sanitize import EARLIEST, LATEST, MAX_COUNT, clean, is_time
from xds_tui.store import bodies, journal_rows, samples
from xds_tui.store import samples as samples_module
from xds_tui.store.bodies import microseconds
from xds_tui.store.database import Database, StoreError
from xds_tui.store.journal import Journal, SettleResult

SECOND = timedelta(seconds=1)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "history.db"


@pytest.fixture
async def database(path: Path) -> AsyncIterator[Database]:
    opened = await Database.open(path)
    yield opened
    await opened.close()


@pytest.fixture
def journal(database: Database) -> Journal:
    return Journal(database, "default")


def an_event(seconds: int = 0, **fields: Any) -> Event:
    return replace(Event(at=NOON + seconds * SECOND, kind=EventKind.RECOVERED, host_id="h1"), **fields)


def an_order(order_id: str = "o1", seconds: int = 0, **fields: Any) -> Order:
    order = Order(
        id=order_id,
        action=OrderAction.REBOOT,
        state=OrderState.PENDING,
        created_at=NOON + seconds * SECOND,
        host_id="h1",
    )
    return replace(order, **fields)


def a_sample(seconds: int = 0) -> Sample:
    return Sample(
        at=NOON + seconds * SECOND,
        total=3,
        on=2,
        changing=1,
        unpriced=1,
        billed_low=Decimal("1.10"),
        billed_high=Decimal("1.50"),
    )


A_PURCHASE = Order(
    id="0123456789abcdef0123456789abcdef",
    action=OrderAction.CREATE,
    state=OrderState.REJECTED,
    created_at=NOON,
    quote=Quote(
        package=a_package(gpu_count=1, discount=Decimal("0.80")),
        image=an_image(),
        billing=Billing.RENT,
        period=Period(PeriodUnit.MONTH, 2),
        hours=1440,
        estimate=Decimal("1267.20"),
        known_hosts=frozenset({"h1"}),
    ),
    code=9001,
    message="余额不足",
    trace_id="T-1",
    sent_at=NOON + SECOND,
    ended_at=NOON + 2 * SECOND,
)

PURCHASE_WITHOUT_LATER_FIELDS = """
{"id":"0123456789abcdef0123456789abcdef","action":"create","state":"rejected","created_at":"2026-11-23T12:00:00Z",
"host_id":null,"host_name":"","quote":{"package":{"id":"p1","name":"office","type":"BL","cpu":4,"memory":16,
"disk":128,"bandwidth":30,"gpu_count":1,"gpu_name":null,"amount":"1.10","discount":"0.80","purpose":0,"area":0,
"offer":2,"raw":{}},"image":{"id":"4005","type":"BL","name":"Ubuntu Server","version":"20.04 x64"},"billing":1,
"period":{"unit":3,"number":2},"hours":1440,"estimate":"1267.20","known_hosts":["h1"]},"code":9001,
"message":"余额不足","trace_id":"T-1","sent_at":"2026-11-23T12:00:01Z","ended_at":"2026-11-23T12:00:02Z"}
"""


async def store_order_body(database: Database, body: str) -> None:
    order_id = json.loads(body).get("id", "o9")
    row = (order_id, "default", microseconds(NOON), "sent", body)
    await database.write(execute("INSERT INTO orders (id, scope, created_at, state, body) VALUES (?, ?, ?, ?, ?)", row))


async def test_events_come_back_newest_first_with_everything_in_them(journal: Journal) -> None:
    off = an_event(
        1, kind=EventKind.STATUS, host_name="渲染-07", own=True, old=Status.ON, new=Status.STOPPING, order_id="o1"
    )
    refused = an_event(
        2,
        kind=EventKind.ORDER,
        action=OrderAction.REBOOT,
        state=OrderState.REJECTED,
        code=7002,
        message="no",
        trace_id="T",
    )
    await journal.add_events([an_event(0), off])
    await journal.add_events([refused])
    assert await journal.events(10) == (refused, off, an_event(0))


async def test_no_events_are_no_work(journal: Journal) -> None:
    await journal.add_events([])
    assert await journal.events(10) == ()


async def test_pages_of_events_miss_none_that_happened_at_one_moment(journal: Journal) -> None:
    written = [an_event(seconds, host_id=f"h{seconds}-{n}") for seconds in range(4) for n in range(3)]
    await journal.add_events(written)
    read: list[Event] = []
    before = None
    while page := await journal.events(2, before):
        read += page
        before = page[-1].at
    assert read == written[::-1]


async def test_events_of_orders_are_added_without_decoding_those_before(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoded = 0

    def decode_events(rows: Iterable[tuple[object]]) -> tuple[Event, ...]:
        nonlocal decoded
        events = bodies.decode_events(rows)
        decoded += len(events)
        return events

    monkeypatch.setattr(journal_rows, "decode_events", decode_events)
    for second in range(50):
        await journal.add_events([an_event(second, kind=EventKind.ORDER, order_id=f"o{second}")])
    assert decoded == 0
    await journal.add_events([an_event(50, kind=EventKind.STATUS, old=Status.OFF, new=Status.ON)])
    assert decoded == 50


async def test_the_oldest_events_beyond_the_bound_are_dropped(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_rows, "MAX_EVENTS", 5)
    monkeypatch.setattr(samples, "MIN_ROWS_KEPT", 1)
    monkeypatch.setattr(samples, "DROP_INTERVAL", 1)
    await journal.add_events([an_event(seconds) for seconds in range(7)])
    await journal.add_events([an_event(7)])
    assert await journal.events(100) == tuple(an_event(seconds) for seconds in (7, 6, 5, 4, 3))


async def test_events_older_than_ninety_days_are_dropped(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(samples, "MIN_ROWS_KEPT", 1)
    monkeypatch.setattr(samples, "DROP_INTERVAL", 1)
    await journal.add_events([an_event(0), an_event(1)])
    newest = Event(at=NOON + timedelta(days=90) + SECOND, kind=EventKind.RECOVERED)
    await journal.add_events([newest])
    assert await journal.events(10) == (newest, an_event(1))


async def test_a_clock_that_was_years_ahead_for_a_moment_does_not_empty_the_history(journal: Journal) -> None:
    await journal.add_events([an_event(0), an_event(1)])
    await journal.add_events([Event(at=NOON + timedelta(days=3650), kind=EventKind.RECOVERED)])
    await journal.add_events([Event(at=NOON + 2 * SECOND, kind=EventKind.ERROR)])
    assert len(await journal.events(10)) == 4


async def test_an_event_that_cannot_be_read_is_left_out(database: Database, journal: Journal) -> None:
    await journal.add_events([an_event(0)])
    statement = "INSERT INTO events (scope, at, body) VALUES ('default', 0, ?)"
    body = json.dumps({"at": "2026-11-23T12:00:00Z", "kind": "teleported"})
    await database.write(execute(statement, (body,)))
    assert await journal.events(10) == (an_event(0),)


async def test_an_order_replaces_its_earlier_record(journal: Journal) -> None:
    await journal.write_orders([an_order()])
    sent = an_order(state=OrderState.SENT, sent_at=NOON + SECOND)
    await journal.write_orders([sent])
    assert await journal.orders(10) == (sent,)


async def test_the_latest_orders_come_newest_first(journal: Journal) -> None:
    orders = [an_order(f"o{n}", n) for n in range(4)]
    for order in orders:
        await journal.write_orders([order])
    await journal.write_orders([orders[0]])
    assert await journal.orders(3) == (orders[3], orders[2], orders[1])


async def test_open_orders_are_those_that_nothing_final_happened_to(journal: Journal) -> None:
    orders = {state: an_order(state.value, n, state=state) for n, state in enumerate(OrderState)}
    for order in orders.values():
        await journal.write_orders([order])
    expected = (OrderState.PENDING, OrderState.SENT, OrderState.ACCEPTED, OrderState.UNKNOWN)
    assert await journal.open_orders() == tuple(orders[state] for state in expected)


async def test_a_purchase_is_read_back_with_every_digit_of_its_quote(journal: Journal) -> None:
    await journal.write_orders([A_PURCHASE])
    (read,) = await journal.orders(1)
    assert read == A_PURCHASE
    assert read.quote is not None
    assert str(read.quote.package.amount) == "1.10"


async def test_a_purchase_without_the_later_fields_can_be_read(database: Database, journal: Journal) -> None:
    await store_order_body(database, PURCHASE_WITHOUT_LATER_FIELDS)
    assert await journal.orders(1) == (A_PURCHASE,)


async def test_an_unreadable_order_affects_only_itself_and_is_preserved(database: Database, journal: Journal) -> None:
    await journal.write_orders([an_order("o1", state=OrderState.ACCEPTED)])
    await store_order_body(database, '{"id": "o2", "host_id": "h7", "state": "paid by another user"}')
    assert [order.id for order in await journal.open_orders()] == ["o1"]
    assert [order.id for order in await journal.orders(10)] == ["o1"]
    (unreadable,) = await journal.unreadable_orders()
    assert (unreadable.id, unreadable.created_at, unreadable.is_open, unreadable.host_id) == ("o2", NOON, True, "h7")
    with pytest.raises(StoreError, match="cannot be read"):
        await journal.write_orders([an_order("o2")])
    assert await journal.unreadable_orders() == (unreadable,)


@pytest.mark.parametrize("body", [b"\xff\xfe", b"", None, 7, 1e400, "{", "[]", "null", '{"id": 3}', "[" * 100_000])
async def test_a_body_of_any_kind_is_an_order_of_unknown_content(
    database: Database, journal: Journal, body: object
) -> None:
    await journal.write_orders([an_order("o1")])
    statement = (
        "INSERT OR REPLACE INTO orders (id, scope, created_at, state, body)"
        " VALUES ('o2', 'default', 'noon', x'ff', ifnull(?, x''))"
    )
    await database.write(execute(statement, (body,)))
    assert [order.id for order in await journal.open_orders()] == ["o1"]
    assert await journal.bought() == {}
    (unreadable,) = await journal.unreadable_orders()
    assert (unreadable.id, unreadable.created_at, unreadable.is_open, unreadable.host_id) == ("o2", None, True, None)


@pytest.mark.parametrize("about", [{"host_id": "h9"}, {}])
async def test_a_host_that_may_be_an_unreadable_orders_is_not_claimed(
    database: Database, journal: Journal, about: dict[str, str]
) -> None:
    await store_order_body(database, json.dumps({"id": "o2", "state": "??", **about}))
    found = replace(A_PURCHASE, id="o1", state=OrderState.CONFIRMED, host_id="h9")
    assert await journal.settle_order(found) is (SettleResult.TAKEN if about else SettleResult.LATER)
    much_later = replace(found, sent_at=NOON + timedelta(hours=3))
    assert await journal.settle_order(much_later) is (SettleResult.TAKEN if about else SettleResult.WRITTEN)


@pytest.mark.parametrize(
    "about",
    [
        {"created_at": "2026-11-23T12:00:00"},
        {"created_at": "0001-01-01T00:00:00Z"},
        {"created_at": "9999-12-31T23:59:59Z"},
        {"code": 2**62},
    ],
)
async def test_a_value_that_cannot_be_calculated_with_makes_an_order_unreadable(
    database: Database, journal: Journal, about: dict[str, object]
) -> None:
    body = json.loads(PURCHASE_WITHOUT_LATER_FIELDS) | about
    await store_order_body(database, json.dumps(body))
    assert await journal.orders(1) == ()
    assert len(await journal.unreadable_orders()) == 1


@pytest.mark.parametrize("estimate", ["NaN", "sNaN", "Infinity", "1e999999999"])
async def test_an_estimate_that_is_no_number_makes_an_order_unreadable(
    database: Database, journal: Journal, estimate: str
) -> None:
    body = json.loads(PURCHASE_WITHOUT_LATER_FIELDS)
    body["quote"]["estimate"] = estimate
    await store_order_body(database, json.dumps(body))
    assert await journal.orders(1) == ()


async def test_texts_of_the_file_are_sanitized(database: Database, journal: Journal) -> None:
    body = json.loads(PURCHASE_WITHOUT_LATER_FIELDS)
    body["host_name"] = "\x1b[31mred"
    body["quote"]["image"]["name"] = "\x1b]52;c;AA\x07"
    await store_order_body(database, json.dumps(body))
    (order,) = await journal.orders(1)
    assert order.quote is not None
    assert "\x1b" not in order.host_name + order.quote.image.name


BAD_SPLITS = [
    "",
    "[",
    "7",
    "[" * 10_000,
    b"{}",
    '{"gpu":{"a":"NaN"},"region":{}}',
    '{"gpu":{"a":"1e99999"},"region":{}}',
]


async def test_samples_of_any_kind_are_left_out(database: Database, journal: Journal) -> None:
    await journal.add_sample(a_sample())
    bad: list[tuple[object, ...]] = [
        ("noon", 1, 1, 1, 1, None),
        (2**63 - 1, 1, 1, 1, 1, None),
        (-5, 1, 1, 1, 1, None),
        (microseconds(NOON), "many", 1, 1, 1, None),
        (microseconds(NOON), b"\xff", 1, 1, 1, None),
        (microseconds(NOON), 1.5, 1, 1, 1, None),
        (microseconds(NOON), 1, 1, 1, 1, "NaN"),
        (microseconds(NOON), 1, 1, 1, 1, "1e999999999"),
        (microseconds(NOON), 1, 1, 1, 1, b"\xff"),
        *((microseconds(NOON), 1, 1, 1, 1, None, split) for split in BAD_SPLITS),
    ]
    statement = (
        "INSERT INTO samples (scope, at, total, running, changing, unpriced, billed_low, split)"
        " VALUES ('default', ?, ?, ?, ?, ?, ?, ?)"
    )
    for row in bad:
        values = row if len(row) == 7 else (*row, None)
        await database.write(execute(statement, values))
        assert await journal.samples(NOON, 10, NOON) in ((), (a_sample(),))
        assert all(isinstance(one.total, int) for one in await journal.samples(NOON - SECOND, 10, NOON + SECOND))
    await journal.add_sample(a_sample(1))
    assert a_sample(1) in await journal.samples(NOON, 100, NOON + 9 * SECOND)


async def test_profiles_do_not_see_each_other(database: Database, journal: Journal) -> None:
    other = Journal(database, "sandbox")
    await other.add_events([an_event()])
    await other.write_orders([an_order()])
    await other.save_snapshot(a_snapshot())
    assert await journal.events(10) == ()
    assert await journal.orders(10) == await journal.open_orders() == ()
    assert await journal.last_snapshot() is None


async def test_accounts_of_one_profile_do_not_see_each_other(database: Database, journal: Journal) -> None:
    await journal.bind_account("https://one.invalid", "A1")
    await journal.add_events([an_event()])
    await journal.write_orders([an_order()])
    await journal.add_sample(a_sample())
    await journal.save_snapshot(a_snapshot())
    await journal.bind_account("https://one.invalid", "A2")
    assert await journal.events(10) == ()
    assert await journal.orders(10) == await journal.open_orders() == ()
    assert await journal.samples(NOON, 10, NOON) == ()
    assert await journal.last_snapshot() is None


async def test_before_sign_in_the_journal_is_that_of_the_last_account(database: Database, journal: Journal) -> None:
    for number, account in enumerate(("A1", "A2")):
        await journal.bind_account("https://one.invalid", account)
        await journal.add_events([an_event(host_id=account)])
        await journal.save_snapshot(a_snapshot(a_host(id=account), at=NOON + number * SECOND))
    after_restart = Journal(database, "default")
    snapshot = await after_restart.last_snapshot()
    assert snapshot is not None
    assert [host.id for host in snapshot.hosts] == ["A2"]
    assert [event.host_id for event in await after_restart.events(10)] == ["A2"]


async def test_samples_come_back_oldest_first_and_to_the_digit(journal: Journal) -> None:
    written = [a_sample(seconds) for seconds in range(3)]
    for sample in written:
        await journal.add_sample(sample)
    assert await journal.samples(NOON + SECOND, 10, NOON + 9 * SECOND) == tuple(written[1:])
    assert str(written[0].billed_low) == "1.10"


async def test_of_many_samples_the_last_of_each_stretch_is_given(journal: Journal) -> None:
    for seconds in range(100):
        await journal.add_sample(a_sample(seconds))
    found = await journal.samples(NOON, 10, NOON + 100 * SECOND)
    assert [(sample.at - NOON) // SECOND for sample in found] == [9, 19, 29, 39, 49, 59, 69, 79, 89, 99]


async def test_samples_are_bounded(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(samples_module, "MAX_SAMPLES", 5)
    monkeypatch.setattr(samples, "MIN_ROWS_KEPT", 1)
    monkeypatch.setattr(samples, "DROP_INTERVAL", 1)
    for seconds in range(8):
        await journal.add_sample(a_sample(seconds))
    assert len(await journal.samples(NOON, 100, NOON + 100 * SECOND)) == 5


async def test_an_alert_is_recorded_once(journal: Journal) -> None:
    assert await journal.mark_reported(["a", "b"], NOON) == frozenset()
    assert await journal.mark_reported(["b", "c"], NOON) == {"b"}


async def test_an_event_seen_by_two_programs_is_recorded_once(path: Path, journal: Journal) -> None:
    second_database = await Database.open(path)
    second = Journal(second_database, "default")
    off = {"kind": EventKind.STATUS, "old": Status.ON, "new": Status.OFF}
    on = {"kind": EventKind.STATUS, "old": Status.OFF, "new": Status.ON}
    await journal.add_events([an_event(0, **off)])
    await second.add_events([an_event(9, **off), an_event(9, host_id="h2", **off)])
    await journal.add_events([an_event(15, **on), an_event(30, **off)])
    kept = [((event.at - NOON) // SECOND, event.host_id, event.new) for event in await journal.events(10)]
    assert kept == [(30, "h1", Status.OFF), (15, "h1", Status.ON), (9, "h2", Status.OFF), (0, "h1", Status.OFF)]
    await second_database.close()


async def test_orders_of_another_program_are_taken_up_only_when_it_has_ended(path: Path, journal: Journal) -> None:
    second_database = await Database.open(path)
    second = Journal(second_database, "default")
    await second.write_orders([an_order(state=OrderState.SENT)])
    assert await journal.open_orders() == ()
    assert len(await second.open_orders()) == 1
    await second_database.close()
    assert [order.id for order in await journal.open_orders()] == ["o1"]


async def test_one_host_settles_one_create_in_any_program(path: Path, journal: Journal) -> None:
    second_database = await Database.open(path)
    second = Journal(second_database, "default")
    lost = replace(A_PURCHASE, state=OrderState.UNKNOWN, host_id=None)
    for number, either in enumerate((journal, second)):
        await either.write_orders([replace(lost, id=f"o{number}")])
    found = replace(lost, state=OrderState.CONFIRMED, host_id="h9")
    assert await journal.settle_order(replace(found, id="o0")) is SettleResult.WRITTEN
    assert await second.settle_order(replace(found, id="o1")) is SettleResult.TAKEN
    assert {order.id: order.host_id for order in await journal.orders(9)} == {"o0": "h9", "o1": None}
    await second_database.close()


async def test_a_host_may_be_anothers_while_its_create_is_under_way(path: Path, journal: Journal) -> None:
    second_database = await Database.open(path)
    second = Journal(second_database, "default")
    await second.write_orders([replace(A_PURCHASE, id="o1", state=OrderState.SENT, host_id=None)])
    found = replace(A_PURCHASE, id="o0", state=OrderState.CONFIRMED, host_id="h9")
    assert await journal.settle_order(found) is SettleResult.LATER
    await second_database.close()
    assert await journal.settle_order(found) is SettleResult.WRITTEN


async def test_purchase_prices_are_found_by_host_id(journal: Journal) -> None:
    await journal.write_orders([replace(A_PURCHASE, id="o1", state=OrderState.CONFIRMED, host_id="h9")])
    await journal.write_orders([replace(A_PURCHASE, id="o2", state=OrderState.UNKNOWN, host_id=None)])
    await journal.write_orders([an_order("o3")])
    assert await journal.bought() == {"h9": A_PURCHASE.quote}


async def test_two_instances_write_and_read_one_file(path: Path, journal: Journal) -> None:
    second_database = await Database.open(path)
    second = Journal(second_database, "default")
    await journal.write_orders([an_order("o1", 1)])
    await second.write_orders([an_order("o2", 2)])
    await journal.add_events([an_event(1)])
    await second.add_events([an_event(2)])
    for either in (journal, second):
        assert [order.id for order in await either.orders(10)] == ["o2", "o1"]
        assert await either.events(10) == (an_event(2), an_event(1))
    await second_database.close()


WRITES_AN_ORDER = """
import asyncio, datetime, pathlib, sys
from xds_tui.domain.records import OrderAction, Order, OrderState
from xds_tui.store.database import Database
from xds_tui.store.journal import Journal

async def main(path):
    journal = Journal(await Database.open(path), "default")
    for number in range(1_000_000):
        now = datetime.datetime.now(datetime.UTC)
        order = Order(id=str(number), action=OrderAction.CREATE, state=OrderState.SENT, created_at=now)
        await journal.write_orders([order])
        print(number, flush=True)

asyncio.run(main(pathlib.Path(sys.argv[1])))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="has no kill -9")
async def test_an_order_once_written_survives_kill_9(path: Path) -> None:
    def write_until_killed() -> list[str]:
        with subprocess.Popen(
            [sys.executable, "-c", WRITES_AN_ORDER, path], stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            written = [process.stdout.readline().strip() for _ in range(20)]
            process.send_signal(signal.SIGKILL)
            return written + process.stdout.read().split("\n")[:-1]

    written = write_until_killed()
    assert len(written) >= 20
    database = await Database.open(path)
    assert database.problem is None
    found = {order.id for order in await Journal(database, "default").open_orders()}
    await database.close()
    assert set(written) <= found


async def test_a_later_snapshot_replaces_the_last(journal: Journal) -> None:
    await journal.save_snapshot(a_snapshot(a_host(id="h1"), a_host(id="h2")))
    await journal.save_snapshot(a_snapshot(a_host(id="h2"), at=NOON + SECOND))
    snapshot = await journal.last_snapshot()
    assert snapshot is not None
    assert snapshot.at == NOON + SECOND
    assert [host.id for host in snapshot.hosts] == ["h2"]


async def test_a_large_snapshot_is_read_back_in_order_and_a_smaller_one_after_it(journal: Journal) -> None:
    hosts = tuple(a_host(id=f"h{n}") for n in range(251))
    for kept in (hosts, hosts[:7], ()):
        await journal.save_snapshot(a_snapshot(*kept))
        snapshot = await journal.last_snapshot()
        assert snapshot is not None
        assert snapshot.hosts == kept


async def stored(journal: Journal) -> tuple[tuple[Host, ...], datetime]:
    """Return what the stored snapshot contains."""
    snapshot = await journal.last_snapshot()
    assert snapshot is not None
    return snapshot.hosts, snapshot.at


async def parts_written(database: Database, save: Callable[[], Awaitable[None]]) -> int:
    """Return how many parts of snapshots `save` writes."""
    statements: list[str] = []
    await database.read(lambda connection: connection.set_trace_callback(statements.append))
    await save()
    await database.read(lambda connection: connection.set_trace_callback(None))
    return sum("INTO snapshot_parts" in statement for statement in statements)


async def test_only_the_parts_of_a_snapshot_that_changed_are_written(database: Database, journal: Journal) -> None:
    hosts = [a_host(id=f"h{number}", password=None) for number in range(100)]
    await journal.save_snapshot(a_snapshot(*hosts))
    hosts[42] = replace(hosts[42], name="renamed")
    later = a_snapshot(*hosts, at=NOON + SECOND)
    assert await parts_written(database, lambda: journal.save_snapshot(later)) == 1
    assert await stored(journal) == (later.hosts, later.at)
    again = a_snapshot(*hosts, at=NOON + 2 * SECOND)
    assert await parts_written(database, lambda: journal.save_snapshot(again)) == 0
    assert await stored(journal) == (again.hosts, again.at)


async def test_a_refresh_with_a_changed_host_writes_a_few_kilobytes(path: Path, journal: Journal) -> None:
    hosts = [a_host(id=f"h{number}") for number in range(1_000)]
    await journal.save_snapshot(a_snapshot(*hosts))
    log = path.with_name(f"{path.name}-wal")
    for number in range(20):
        before = log.stat().st_size
        hosts[number * 7] = replace(hosts[number * 7], name="renamed")
        at = NOON + number * SECOND
        await journal.add_events([an_event(number)])
        await journal.add_sample(a_sample(number))
        await journal.save_snapshot(a_snapshot(*hosts, at=at))
        assert log.stat().st_size - before <= 16_000


@given(
    steps=st.lists(
        st.tuples(st.booleans(), st.lists(st.integers(0, 40), max_size=3), st.integers(0, 41)), min_size=1, max_size=8
    )
)
@settings(max_examples=40)
async def test_the_last_snapshot_is_read_back_whichever_program_has_stored_it(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[bool, list[int], int]]
) -> None:
    path = tmp_path_factory.mktemp("shared") / "history.db"
    databases = [await Database.open(path) for _ in range(2)]
    journals = [Journal(database, "default") for database in databases]
    hosts = [a_host(id=f"h{number}", name="0", password=None) for number in range(41)]
    for number, (is_second, changed, count) in enumerate(steps):
        for place in changed:
            hosts[place] = replace(hosts[place], name=str(number))
        snapshot = a_snapshot(*hosts[:count], at=NOON + number * SECOND)
        await journals[is_second].save_snapshot(snapshot)
        assert await stored(journals[0]) == (snapshot.hosts, snapshot.at)
    for database in databases:
        await database.close()


async def test_a_snapshot_that_cannot_be_read_is_none(database: Database, journal: Journal) -> None:
    await journal.save_snapshot(a_snapshot())
    await database.write(execute("INSERT INTO snapshot_parts VALUES ('default', 0, '[{\"id\": 3}]')"))
    assert await journal.last_snapshot() is None


TEXTS = st.text(st.characters(codec="utf-8"), max_size=20).map(clean)
MOMENTS = st.datetimes(EARLIEST.replace(tzinfo=None), LATEST.replace(tzinfo=None), timezones=st.just(UTC)).filter(
    is_time
)
NUMBERS = st.none() | st.integers(0, MAX_COUNT)
PASSWORDS = st.text(string.ascii_letters, min_size=12, max_size=20).map(lambda text: Secret(f"pw-{text}"))
HOSTS = st.builds(
    Host,
    id=TEXTS,
    name=TEXTS,
    status=st.sampled_from(Status),
    billing=st.none() | st.sampled_from(Billing),
    cpu=NUMBERS,
    memory=NUMBERS,
    disk=NUMBERS,
    gpu_count=st.integers(0, 8),
    gpu_name=st.none() | TEXTS,
    os=TEXTS,
    account=st.none() | TEXTS,
    password=st.none() | PASSWORDS,
    address=st.none() | TEXTS,
    port=st.none() | st.integers(0, 65_535),
    mac=st.none() | TEXTS,
    ipv4=st.none() | TEXTS,
    purpose=st.none() | st.sampled_from(Purpose),
    area=st.none() | st.sampled_from(Area),
    created=st.none() | MOMENTS,
    expires=st.none() | MOMENTS,
    raw=st.dictionaries(TEXTS, TEXTS, max_size=3),
)


@given(hosts=st.lists(HOSTS, max_size=5).map(tuple), at=MOMENTS)
@settings(max_examples=60)
async def test_a_snapshot_is_read_back_without_its_passwords(
    path: Path, journal: Journal, hosts: tuple[Host, ...], at: datetime
) -> None:
    await journal.save_snapshot(Snapshot(hosts, at))
    read = await journal.last_snapshot()
    assert read is not None
    assert read.at == at
    assert read.hosts == tuple(replace(host, password=None) for host in hosts)
    on_disk = b"".join(file.read_bytes() for file in path.parent.iterdir() if file.is_file())
    for host in hosts:
        if host.password is not None:
            assert host.password.reveal().encode() not in on_disk


async def test_a_stored_snapshot_has_no_annotations(journal: Journal) -> None:
    host = a_host(annotation=Annotation("secret-name"))
    await journal.save_snapshot(a_snapshot(host))
    snapshot = await journal.last_snapshot()
    assert snapshot is not None
    assert snapshot.hosts == (host,)
    assert snapshot.hosts[0].annotation is NO_ANNOTATION
