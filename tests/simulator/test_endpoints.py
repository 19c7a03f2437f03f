from __future__ import annotations

from dataclasses import replace

import pytest
from support.simulator_client import OFF, PAIR, Simulated

from xds_tui.simulator.catalog_data import IMAGES, PACKAGES

HOST_FIELDS = {
    "id", "name", "gpuConfiguration", "gpuNumber", "memory", "cpu", "rigidDisk", "operatingSystem", "hostAccount",
    "hostPw", "useType", "status", "address", "port", "pveMachineType", "createTime", "expirationTime",
}  # fmt: skip
REACH = {"mac", "ipv4"}
DIALECTS = ["document", "later"]


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_the_images_have_the_documents_fields(dialect: str) -> None:
    images = await Simulated(dialect=dialect).data("GET", "image")
    assert {"imageId": "4005", "type": "BL", "systemImageName": "Ubuntu Server", "systemImageVersion": "20.04 x64"} in (
        images
    )
    assert len(images) == len(IMAGES)
    assert {image["type"] for image in images} > {"BL", "BZ", "ceph"}


async def test_packages_are_listed_by_how_they_are_sold() -> None:
    simulated = Simulated()
    on_demand = {row["packageId"]: row for row in await simulated.data("GET", "packAge/0")}
    rented = {row["packageId"]: row for row in await simulated.data("GET", "packAge/1")}
    assert {row["useType"] for row in on_demand.values()} == {"0", "2"}
    assert {row["useType"] for row in rented.values()} == {"1", "2"}
    assert set(on_demand) - set(rented) == {"blweb2", "ceproof"}
    assert set(rented) - set(on_demand) == {"bla100x8", "bzrent4"}
    assert await simulated.code("GET", "packAge/2") == 1001


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_prices_keep_every_digit_as_a_number_or_as_text(dialect: str) -> None:
    raw = (await Simulated(dialect=dialect).ask("GET", "packAge/0")).text
    assert '"amount":1.10,' in raw
    assert '"amount":"1.10",' in raw
    assert '"discount":0.80' in raw
    assert '"discount":1.00' in raw
    assert '"amount":0.1234567890123456789,' in raw


async def test_bandwidth_is_spelled_as_the_example_and_later_also_as_the_table() -> None:
    spelled = {}
    for dialect in DIALECTS:
        rows = await Simulated(dialect=dialect).data("GET", "packAge/0")
        spelled[dialect] = {name for row in rows for name in row if name.startswith("band")}
    assert spelled == {"document": {"bandWidth"}, "later": {"bandWidth", "band_width"}}


async def test_an_on_demand_create_answers_true_in_the_document_and_the_id_later() -> None:
    document, later = Simulated(dialect="document"), Simulated(dialect="later")
    assert await document.data("POST", "createquantity", PAIR) is True
    assert await later.data("POST", "createquantity", PAIR) == later.world.ledger[-1].host_id


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("answers_true", [True, False])
async def test_the_response_to_an_on_demand_create_can_be_configured(dialect: str, *, answers_true: bool) -> None:
    simulated = Simulated(dialect=dialect, create_answers_true=answers_true)
    answer = await simulated.data("POST", "createquantity", PAIR)
    assert answer == (True if answers_true else simulated.world.ledger[0].host_id)


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_a_created_host_is_off_on_top_of_the_list_and_named_after_its_id(dialect: str) -> None:
    simulated = Simulated(3, dialect=dialect)
    host_id = await simulated.rent()
    newest = (await simulated.data("GET", "mypage", page=1, pageSize=25))["data"][0]
    assert (newest["id"], newest["name"], newest["status"]) == (host_id, f"渲大师{host_id}", str(OFF))
    assert (newest["cpu"], newest["memory"], newest["rigidDisk"]) == (4, 16, 128)
    assert newest["createTime"] == simulated.clock.now * 1000
    assert newest["expirationTime"] - newest["createTime"] == 86_400_000


async def test_a_host_has_the_documents_fields_and_later_its_area() -> None:
    document, later = Simulated(30, dialect="document"), Simulated(30, dialect="later")
    for simulated, in_page, in_one in ((document, set(), REACH), (later, REACH | {"area"}, REACH | {"area"})):
        row = (await simulated.data("GET", "mypage", page=1, pageSize=1))["data"][0]
        assert set(row) == HOST_FIELDS | in_page
        assert set(await simulated.data("GET", f"one/{row['id']}")) == HOST_FIELDS | in_one


async def test_hosts_have_the_irregularities_of_the_examples() -> None:
    rows = Simulated(200).world.host_rows()
    assert {"-", "RTX 4090"} <= {row["gpuConfiguration"] for row in rows}
    assert {None, 1} <= {row["gpuNumber"] for row in rows}
    assert {"", None} <= {row["address"] for row in rows}
    assert {0, None} <= {row["port"] for row in rows}
    assert {None, "root", "administrator"} <= {row["hostAccount"] for row in rows}
    assert all(isinstance(row["status"], str) for row in rows)
    assert any(row["gpuNumber"] and row["gpuConfiguration"] == "-" for row in rows)
    named = [row for row in rows if row["ipv4"] is not None]
    assert named
    assert all(row["ipv4"] == f"{row['address']}:{row['port']}" for row in named)


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_the_pages_hold_every_host_once_newest_first(dialect: str) -> None:
    simulated = Simulated(60, dialect=dialect)
    pages = [await simulated.data("GET", "mypage", page=page, pageSize=25) for page in (1, 2, 3, 4)]
    assert [len(page["data"]) for page in pages] == [25, 25, 10, 0]
    assert {page["totalCounts"] for page in pages} == {60}
    hosts = [host for page in pages for host in page["data"]]
    assert len({host["id"] for host in hosts}) == 60
    assert [host["createTime"] for host in hosts] == sorted((host["createTime"] for host in hosts), reverse=True)


async def test_a_page_size_over_25_is_reduced_or_an_error() -> None:
    cut, error = Simulated(60), Simulated(60, oversized_page="error")
    assert len((await cut.data("GET", "mypage", page=1, pageSize=100))["data"]) == 25
    assert (await cut.data("GET", "mypage", page=2, pageSize=100))["data"] == (
        await cut.data("GET", "mypage", page=2, pageSize=25)
    )["data"]
    assert await error.code("GET", "mypage", page=1, pageSize=26) == 1001
    assert await error.code("GET", "mypage", page=1, pageSize=25) == 0


@pytest.mark.parametrize(("choice", "empty"), [("list", []), ("null", None)])
async def test_a_page_without_hosts_is_an_empty_list_or_null(choice: str, empty: object) -> None:
    simulated = Simulated(1, empty_page=choice)
    pages = [await simulated.data("GET", "mypage", page=page, pageSize=25) for page in (1, 2)]
    assert (len(pages[0]["data"]), pages[1]) == (1, {"data": empty, "totalCounts": 1})


async def test_totals_can_be_strings() -> None:
    page = await Simulated(3, totals_as_text=True).data("GET", "mypage", page=1, pageSize=1)
    assert page["totalCounts"] == "3"


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({}, 1007),
        ({"page": 1}, 1007),
        ({"pageSize": 25}, 1007),
        ({"page": 0, "pageSize": 25}, 1001),
        ({"page": -1, "pageSize": 25}, 1001),
        ({"page": 1, "pageSize": 0}, 1001),
        ({"page": "x", "pageSize": 25}, 1001),
        ({"page": "١", "pageSize": 25}, 1001),
        ({"page": "9" * 5000, "pageSize": 25}, 1001),
        ({"page": "007", "pageSize": 25}, 0),
    ],
)
async def test_page_and_size_must_be_whole_numbers(query: dict[str, object], code: int) -> None:
    assert await Simulated(3).code("GET", "mypage", **query) == code


async def test_power_is_accepted_immediately_and_done_later() -> None:
    simulated = Simulated()
    host_id = await simulated.started(await simulated.rent())
    assert await simulated.data("GET", f"operate/{host_id}", type=0) is True
    assert await simulated.status(host_id) == 4
    simulated.clock.advance(9)
    assert await simulated.status(host_id) == OFF


async def test_power_takes_a_type_of_0_or_1() -> None:
    simulated = Simulated()
    host_id = await simulated.buy()
    assert await simulated.code("GET", f"operate/{host_id}") == 1007
    assert await simulated.code("GET", f"operate/{host_id}", type=2) == 1001
    assert await simulated.status(host_id) == OFF


async def test_reboot_returns_true() -> None:
    simulated = Simulated()
    host_id = await simulated.started(await simulated.rent())
    assert await simulated.data("GET", f"reboot/{host_id}") is True


async def test_delete_returns_whether_it_deleted() -> None:
    simulated = Simulated(40)
    rows = simulated.world.host_rows()
    for status, deleted in (("2", False), ("3", False), ("1", False), ("4", False), ("0", True), ("5", True)):
        host_id = next(row["id"] for row in rows if row["status"] == status)
        assert await simulated.data("DELETE", f"delete/{host_id}") is deleted
        assert await simulated.code("GET", f"one/{host_id}") == (1021 if deleted else 0)
    assert (await simulated.data("GET", "mypage", page=1, pageSize=1))["totalCounts"] == 38


@pytest.mark.parametrize(("dialect", "code"), [("document", 1001), ("later", 1021)])
async def test_missing_and_foreign_hosts_are_rejected_by_every_endpoint(dialect: str, code: int) -> None:
    simulated = Simulated(3, dialect=dialect)
    someone_elses = simulated.world.host_rows()[0]["id"]
    simulated.token = simulated.world.mint("A00000001")
    for host_id in ("missing", someone_elses, "%2F", "..", "渲"):
        assert await simulated.code("GET", f"one/{host_id}") in (code, 404)
        assert await simulated.code("GET", f"operate/{host_id}", type=1) in (code, 404)
    for method, path in (("GET", "one"), ("GET", "reboot"), ("DELETE", "delete")):
        assert await simulated.code(method, f"{path}/{someone_elses}") == code
    assert await simulated.data("GET", "mypage", page=1, pageSize=25) == {"data": [], "totalCounts": 0}


async def test_one_can_return_null_for_a_missing_host() -> None:
    simulated = Simulated(1, missing="null")
    assert await simulated.data("GET", "one/missing") is None
    assert await simulated.data("GET", f"one/{simulated.world.host_rows()[0]['id']}") is not None
    assert await simulated.code("DELETE", "delete/missing") == 1021


async def test_the_rows_without_pages_are_those_of_the_pages() -> None:
    simulated = Simulated(20)
    page = await simulated.data("GET", "mypage", page=1, pageSize=25)
    assert simulated.world.host_rows() == page["data"]


@pytest.mark.parametrize(("resolution", "sent"), [(1, 1_790_000_000_678), (1000, 1_790_000_000_000)])
async def test_times_are_truncated_to_the_resolution(resolution: int, sent: int) -> None:
    simulated = Simulated(time_resolution=resolution)
    simulated.clock.advance(0.678)
    host = await simulated.data("GET", f"one/{await simulated.rent()}")
    assert (host["createTime"], host["expirationTime"]) == (sent, sent + 86_400_000)


async def test_the_services_clock_can_be_ahead_or_behind() -> None:
    simulated = Simulated(clock_offset=-90)
    host = await simulated.data("GET", f"one/{await simulated.rent()}")
    assert host["createTime"] == (simulated.clock.now - 90) * 1000
    assert host["expirationTime"] - host["createTime"] == 86_400_000


async def test_more_packages_can_be_sold() -> None:
    cheaper = replace(next(package for package in PACKAGES if package.id == "bzoff4"), id="cheaper", amount="0.50")
    simulated = Simulated(extra_packages=(cheaper,))
    offered = {row["packageId"]: row for row in await simulated.data("GET", "packAge/1")}
    assert offered["cheaper"] | {"packageId": "bzoff4", "amount": 0.99} == offered["bzoff4"]
    await simulated.buy(packageId="cheaper")
    assert simulated.world.ledger[-1].package_id == "cheaper"
