"""Whatever the service sends as a host, package or image: decoding, showing, storing and reading it back work.

In time zones at both ends of the clock, because the first time that overflowed did so east of UTC alone.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.factories import NOON, a_host

from xds_tui.api import decode
from xds_tui.api.errors import BadResponse
from xds_tui.cli import columns
from xds_tui.cli.output import TextColumn
from xds_tui.config.schema import COLUMNS, GROUPS
from xds_tui.domain import host_list, pricing, snapshot_diff
from xds_tui.domain.filter_query import parse
from xds_tui.domain.model import Billing, Catalog, Host, Package, Snapshot
from xds_tui.domain.records import Event, EventKind
from xds_tui.domain.sanitize import clean, is_time
from xds_tui.domain.snapshot_diff import changes
from xds_tui.fleet.state import FleetState
from xds_tui.remote import target
from xds_tui.store.database import Database
from xds_tui.store.journal import Journal
from xds_tui.text import export, formats, messages
from xds_tui.tui.host_fields import host_field_groups
from xds_tui.tui.widgets.catalog_rows import offer_lines, package_row
from xds_tui.tui.widgets.host_table import _CELLS, _Seen

ZONES = ["Asia/Shanghai", "Pacific/Kiritimati", "America/New_York", "UTC"]
NEVER = 253_402_300_799_000

STRANGE = st.sampled_from(
    [
        *(None, True, False, "", "-", "NaN", "Infinity", "-Infinity", "1e400", "-1", "１２", "0x10", "1_000", " 4 "),
        *(0, -1, 1, 2, 3, 4, 5, 6, 2**31, 2**53, 2**63, 2**64, 10**18, 10**40, 10**400, -(10**30)),
        *(0.5, -0.5, 1e308, 5e-324, float("nan"), float("inf"), float("-inf"), "0.1234567890123456789012345"),
        *(NEVER, str(NEVER), NEVER + 1, -NEVER, 1_690_000_000, 1_690_000_000_000, 946_684_799_999, 7_258_118_400_000),
        *([], {}, [1], {"a": 1}, [[None]]),
    ]
)
VALUES = STRANGE | st.integers() | st.floats() | st.text(max_size=10) | st.decimals().map(str)
HOST_FIELDS = [
    *("name", "gpuConfiguration", "gpuNumber", "memory", "cpu", "rigidDisk", "operatingSystem", "hostAccount"),
    *("hostPw", "address", "port", "mac", "ipv4", "pveMachineType", "createTime", "expirationTime", "useType"),
    *("status", "area"),
]
PACKAGE_FIELDS = [
    *("name", "type", "gpuNumber", "gpuName", "cpuNumber", "memoryNumber", "rigidDiskNumber", "bandWidth"),
    *("band_width", "amount", "discount", "pveMachineType", "area", "useType"),
]


def rows_of(fields: list[str], id_name: str) -> st.SearchStrategy[list[dict[str, Any]]]:
    row = st.fixed_dictionaries({}, optional=dict.fromkeys(fields, VALUES))
    return st.lists(row, min_size=1, max_size=4).map(
        lambda rows: [{id_name: f"id{number}"} | row for number, row in enumerate(rows)]
    )


def sent(data: object) -> decode.Envelope:
    return decode.decode_envelope(json.dumps({"code": 0, "data": data}).encode())


@pytest.fixture(params=ZONES)
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield request.param
    monkeypatch.undo()
    time.tzset()


def show(snapshot: Snapshot, catalog: Catalog, now: datetime) -> None:
    """Do with a snapshot all that screens and commands do."""
    costs = pricing.costs(snapshot.hosts, catalog, {}, now)
    arrange(snapshot, costs, now)
    for host in snapshot.hosts:
        show_host(host, FleetState(snapshot=snapshot, costs=costs), now)
    write_out(export.hosts_table(snapshot, costs), columns.HOSTS)
    for event in (*snapshot_diff.expiring(snapshot, now).values(), *changes(Snapshot((), now), snapshot)):
        messages.event_lines(event)
    for billing, packages in catalog.packages.items():
        for package in packages:
            show_package(package)
        write_out(export.packages_table([(billing, one) for one in packages], now), columns.PACKAGES)


def arrange(snapshot: Snapshot, costs: pricing.Costs, now: datetime) -> None:
    by_id = {host.id: host for host in snapshot.hosts}
    host_list.counts(snapshot.hosts, now)
    for column in COLUMNS:
        assert set(host_list.rows(snapshot, (), host_list.Sort(column), now, costs)) == set(by_id)
    for text in ("expires<24h", "mem>=64", "cpu:4", "age>1d", "cost<1", "gpus:1", "status:on", "web"):
        host_list.rows(snapshot, parse(text), host_list.Sort(), now, costs)
    for group in GROUPS:
        host_list.grouped(by_id, by_id, group, costs)


def show_host(host: Host, fleet: FleetState, now: datetime) -> None:
    seen = _Seen(host, None, fleet.costs.hosts.get(host.id), now, None)
    texts = [cell(seen).text for cell in _CELLS.values()]
    groups = host_field_groups(host, fleet, now, "")
    for group in groups:
        for name, value in group.fields:
            texts += [name, *([value] if isinstance(value, str) else value)]
    assert texts == [clean(text) for text in texts]
    with contextlib.suppress(target.UnreachableError):
        target.target(host)


def show_package(package: Package) -> None:
    package_row(package, None)
    offer_lines(package)
    if estimate := pricing.estimate(package, 8760, 50):
        formats.working(estimate)


def write_out(table: export.ExportTable, shown: Sequence[TextColumn]) -> None:
    export.to_csv(table)
    for row in json.loads(export.to_json(table)):
        for column in shown:
            column.text(row)


@pytest.mark.sweep(1)
@given(hosts=rows_of(HOST_FIELDS, "id"), packages=rows_of(PACKAGE_FIELDS, "packageId"), total=VALUES)
async def test_any_json_can_be_displayed_stored_and_displayed_again(
    zone: str, hosts: list[dict[str, Any]], packages: list[dict[str, Any]], total: object
) -> None:
    page = decode.decode_hosts(sent({"data": hosts, "totalCounts": total}))
    assert len(page.hosts) == len(hosts)
    sold = decode.decode_packages(sent(packages))
    assert len(sold) == len(packages)
    catalog = Catalog((), dict.fromkeys(Billing, sold), NOON)
    snapshot = Snapshot(page.hosts, NOON)
    show(snapshot, catalog, NOON)
    database = await Database.open(None)
    try:
        journal = Journal(database, "test")
        await journal.save_snapshot(snapshot)
        read = await journal.last_snapshot()
    finally:
        await database.close()
    assert read is not None
    assert len(read.hosts) == len(hosts)
    show(read, catalog, NOON)


OLD_TIMES = [
    datetime.max.replace(tzinfo=UTC),
    datetime.min.replace(tzinfo=UTC),
    datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=NEVER),
]


@pytest.mark.parametrize("at", OLD_TIMES)
async def test_records_of_an_older_version_can_be_displayed(zone: str, at: datetime) -> None:
    stored = a_host(created=at, expires=at, cpu=10**18, memory=-1, disk=2**62, gpu_count=10**17, port=70_000)
    database = await Database.open(None)
    try:
        journal = Journal(database, "test")
        await journal.save_snapshot(Snapshot((stored,), NOON))
        read = await journal.last_snapshot()
    finally:
        await database.close()
    assert read is not None
    (host,) = read.hosts
    assert (host.created, host.expires, host.cpu, host.memory, host.disk, host.port) == (None,) * 6
    assert set(host.raw) == {"createTime", "expirationTime", "cpu", "memory", "rigidDisk", "gpuNumber", "port"}
    show(read, Catalog((), {}, NOON), NOON)


@pytest.mark.parametrize("at", OLD_TIMES)
def test_an_event_of_an_older_version_has_a_message(zone: str, at: datetime) -> None:
    event = Event(at=at, kind=EventKind.EXPIRING, host_id="h1", expires=at, within=24)
    messages.event_lines(event)
    formats.when(event.at, NOON)
    write_out(export.events_table([event]), columns.EVENTS)


def decoded(**fields: object) -> Host:
    (host,) = decode.decode_hosts(sent({"data": [{"id": "h1"} | fields], "totalCounts": 1})).hosts
    return host


@pytest.mark.parametrize("name", ["createTime", "expirationTime"])
@pytest.mark.parametrize("value", [NEVER, str(NEVER), 1_690_000_000, -1, 10**18, "1e400", float("nan"), True])
def test_an_implausible_time_is_kept_as_sent(zone: str, name: str, value: object) -> None:
    host = decoded(**{name: value})
    assert host.created is None
    assert host.expires is None
    assert list(host.raw) == [name]
    assert host.raw[name].isprintable()


@pytest.mark.parametrize("value", [1_695_639_270_000, 946_684_800_000, 7_258_118_399_999])
def test_a_plausible_time_can_be_displayed_in_every_zone(zone: str, value: int) -> None:
    host = decoded(expirationTime=value)
    assert host.expires is not None
    assert is_time(host.expires)
    assert formats.moment(host.expires) == host.expires.astimezone().strftime("%Y-%m-%d %H:%M")


@pytest.mark.parametrize("literal", ["NaN", "Infinity", "-Infinity", "1e400", "-0", "1E+999999999"])
def test_an_invalid_number_affects_only_its_field(literal: str) -> None:
    body = f'{{"code":0,"data":{{"data":[{{"id":"a","name":"NaN \\" Infinity","cpu":{literal}}}],"totalCounts":1}}}}'
    (host,) = decode.decode_hosts(decode.decode_envelope(body.encode())).hosts
    assert host.name == 'NaN " Infinity'
    assert host.cpu in (None, 0)
    (package,) = decode.decode_packages(
        decode.decode_envelope(f'{{"code":0,"data":[{{"packageId":"p","amount":{literal}}}]}}'.encode())
    )
    assert package.amount is None or package.amount == 0


@pytest.mark.parametrize("literal", ["NaN", "Infinity"])
@pytest.mark.parametrize("decode_number", [decode.decode_created, decode.decode_token])
def test_an_invalid_number_is_not_a_result(literal: str, decode_number: Any) -> None:
    with pytest.raises(BadResponse):
        decode_number(decode.decode_envelope(f'{{"code":0,"data":{literal}}}'.encode()))


@pytest.mark.parametrize(
    ("field", "value"),
    [("amount", "1000001"), ("amount", -1), ("amount", 10**400), ("discount", 1.5), ("discount", 0), ("discount", -1)],
)
def test_a_package_with_an_implausible_price_cannot_be_bought(field: str, value: object) -> None:
    row = {"packageId": "p1", "amount": "1.10", "discount": 1} | {field: value}
    (package,) = decode.decode_packages(sent([row]))
    assert pricing.hourly(package) is None
    assert field in package.raw


@given(total=VALUES)
def test_a_total_is_a_count_or_unknown(total: object) -> None:
    page = decode.decode_hosts(sent({"data": [{"id": "a"}], "totalCounts": total}))
    assert page.total is None or 0 <= page.total <= decode.MAX_TOTAL
    assert page.is_total_unreadable is (page.total is None and total not in (None, ""))


@given(life=VALUES)
def test_the_lifetime_of_a_token_is_a_number_or_unknown(life: object) -> None:
    _token, milliseconds = decode.decode_token(sent({"token": "abc", "effectiveTime": life}))
    assert milliseconds is None or milliseconds >= 0


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=0, max_value=1_000_000, places=9))
def test_every_price_in_range_is_exact(amount: Decimal) -> None:
    (package,) = decode.decode_packages(sent([{"packageId": "p1", "amount": f"{amount:f}"}]))
    assert package.amount == amount
