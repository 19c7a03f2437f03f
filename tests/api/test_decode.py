from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xds_tui.api import decode
from xds_tui.api.decode import Envelope, HostPage
from xds_tui.api.errors import BadResponse
from xds_tui.domain.credentials import Secret
from xds_tui.domain.model import Area, Billing, Host, Package, Purpose, SaleMode, Status

HOST = {
    "id": "OWWWuy7Gcj",
    "name": "渲大师OWWWuy7Gcj",
    "gpuConfiguration": "-",
    "gpuNumber": None,
    "memory": 8,
    "cpu": 2,
    "rigidDisk": 80,
    "operatingSystem": "Windows",
    "hostAccount": "root",
    "hostPw": "cWf4psCY",
    "useType": "1",
    "status": "0",
    "address": "",
    "port": 0,
    "pveMachineType": "0",
    "createTime": 1692350230000,
    "expirationTime": 1692436630000,
}
PACKAGE = """{"packageId": "Wy1KiMqtPO", "name": "T使用---显卡*1", "gpuNumber": 1, "gpuName": null,
    "memoryNumber": 4, "rigidDiskNumber": 128, "amount": 1.10, "cpuNumber": 4, "bandWidth": 30, "type": "ceph",
    "pveMachineType": "1", "area": "0", "useType": "2", "discount": 1.00}"""

ANY_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=())),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)


def an_envelope(data: str) -> Envelope:
    return decode.decode_envelope(f'{{"code":0,"data":{data},"msg":"success","traceId":"t"}}'.encode())


def a_page(*rows: Any, total: str = "1") -> HostPage:
    return decode.decode_hosts(an_envelope(f'{{"data":{json.dumps(rows)},"totalCounts":{total}}}'))


def the_host(**fields: Any) -> Host:
    (host,) = a_page(HOST | fields).hosts
    return host


def the_package(**fields: str) -> Package:
    """Return the package with some fields replaced by JSON as it stands on the wire."""
    row = json.loads(PACKAGE, parse_float=str) | {name: f"@{name}@" for name in fields}
    document = json.dumps(row)
    for name, text in fields.items():
        document = document.replace(f'"@{name}@"', text)
    (package,) = decode.decode_packages(an_envelope(f"[{document}]"))
    return package


def test_the_documents_host_is_read_field_by_field() -> None:
    assert the_host() == Host(
        id="OWWWuy7Gcj",
        name="渲大师OWWWuy7Gcj",
        status=Status.OFF,
        billing=Billing.RENT,
        cpu=2,
        memory=8,
        disk=80,
        gpu_count=0,
        gpu_name=None,
        os="Windows",
        account="root",
        password=Secret("cWf4psCY"),
        address=None,
        port=None,
        mac=None,
        ipv4=None,
        purpose=Purpose.OFFICE,
        area=None,
        created=datetime(2023, 8, 18, 9, 17, 10, tzinfo=UTC),
        expires=datetime(2023, 8, 19, 9, 17, 10, tzinfo=UTC),
    )


def test_the_documents_package_is_read_field_by_field() -> None:
    (package,) = decode.decode_packages(an_envelope(f"[{PACKAGE}]"))
    assert package == Package(
        id="Wy1KiMqtPO",
        name="T使用---显卡*1",
        type="ceph",
        cpu=4,
        memory=4,
        disk=128,
        bandwidth=30,
        gpu_count=1,
        gpu_name=None,
        amount=Decimal("1.10"),
        discount=Decimal("1.00"),
        purpose=Purpose.IMAGE,
        area=Area.SOUTH,
        offer=SaleMode.BOTH,
    )
    assert str(package.amount) == "1.10"


def test_the_documents_image_is_read_field_by_field() -> None:
    (image,) = decode.decode_images(
        an_envelope('[{"imageId":"4005","type":"BL","systemImageName":"Ubuntu","systemImageVersion":"20.04 x64"}]')
    )
    assert (image.id, image.type, image.label) == ("4005", "BL", "Ubuntu 20.04 x64")


def test_numbers_come_as_strings_and_strings_as_numbers() -> None:
    host = the_host(id=42, name=7, cpu="4", memory="16.0", disk="x", port="54220", status=3, useType=0, hostPw=12345678)
    assert (host.id, host.name, host.cpu, host.memory, host.port) == ("42", "7", 4, 16, 54220)
    assert (host.status, host.billing, host.password) == (Status.BILLED, Billing.ON_DEMAND, Secret("12345678"))


@pytest.mark.parametrize("name", [name for name in HOST if name != "id"])
@pytest.mark.parametrize("value", [None, "", ...])
def test_null_empty_and_absent_fields_are_none_and_not_in_raw(name: str, value: Any) -> None:
    row = {key: field for key, field in HOST.items() if key != name} | ({} if value is ... else {name: value})
    (host,) = a_page(row).hosts
    assert (host.id, host.raw) == ("OWWWuy7Gcj", {})


@pytest.mark.parametrize(
    ("name", "value", "field", "kept"),
    [
        ("status", 9, "status", "9"),
        ("status", "boiling", "status", "boiling"),
        ("status", -1, "status", "-1"),
        ("status", True, "status", "true"),
        ("useType", "7", "billing", "7"),
        ("pveMachineType", "9", "purpose", "9"),
        ("area", "moon", "area", "moon"),
        ("cpu", True, "cpu", "true"),
        ("cpu", 2.5, "cpu", "2.5"),
        ("memory", -4, "memory", "-4"),
        ("memory", "lots\x1b[2J", "memory", "lots\ufffd[2J"),
        ("rigidDisk", 10**400, "disk", "1" + "0" * 79),
        ("rigidDisk", [1], "disk", "[1]"),
        ("port", 65_536, "port", "65536"),
        ("createTime", 10**17, "created", "1" + "0" * 17),
        ("createTime", "2023-08-18", "created", "2023-08-18"),
        ("expirationTime", -1, "expires", "-1"),
        ("address", {"a": 1}, "address", '{"a": 1}'),
        ("gpuNumber", "two", "gpu_count", "two"),
    ],
)
def test_an_invalid_field_is_in_raw_and_the_host_is_kept(name: str, value: Any, field: str, kept: str) -> None:
    host = the_host(**{name: value})
    assert getattr(host, field) in (None, 0, Status.UNKNOWN)
    assert dict(host.raw) == {name: kept}


def test_an_invalid_password_is_masked() -> None:
    host = the_host(hostPw={"pw": "cWf4psCY"})
    assert host.password is None
    assert "cWf4psCY" not in repr(host)


def test_a_password_is_not_in_the_repr_of_a_host() -> None:
    assert "cWf4psCY" not in repr(the_host())


@pytest.mark.parametrize(
    ("name", "number", "expected"),
    [
        ("-", None, (0, None)),
        ("", None, (0, None)),
        (None, None, (0, None)),
        (None, 1, (1, None)),
        ("4090", None, (1, "4090")),
        ("4090", "2", (2, "4090")),
        ("-", 0, (0, None)),
    ],
)
def test_a_gpu_is_counted_by_its_number_or_else_by_its_name(name: Any, number: Any, expected: Any) -> None:
    host = the_host(gpuConfiguration=name, gpuNumber=number)
    assert (host.gpu_count, host.gpu_name) == expected


def test_a_number_written_with_an_exponent_is_a_time_too() -> None:
    assert the_host(createTime="1.69235023E12").created == datetime(2023, 8, 18, 9, 17, 10, tzinfo=UTC)


def test_every_text_is_cleaned() -> None:
    host = the_host(name="a\x1b]52;c;\x07b", operatingSystem="Win\u202edows", hostAccount="ro\u200bot", hostPw="p\x00w")
    assert host.name == "a\ufffd]52;c;\ufffdb"
    assert (host.os, host.account, host.password) == ("Win\ufffddows", "ro\ufffdot", Secret("p\ufffdw"))


def test_a_lone_surrogate_affects_one_character() -> None:
    page = decode.decode_hosts(
        an_envelope(r'{"data":[{"id":"h1","name":"a\ud83db"},{"id":"h2","name":"\ud83d\ude00"}]}')
    )
    assert [host.name for host in page.hosts] == ["a\ufffdb", "😀"]


def test_invalid_utf8_and_raw_controls_affect_one_character() -> None:
    body = b'{"code":0,"data":{"data":[{"id":"h1","name":"a\xffb"},{"id":"h2","name":"a\nb"}]}}'
    assert [host.name for host in decode.decode_hosts(decode.decode_envelope(body)).hosts] == ["a\ufffdb", "a b"]


@pytest.mark.parametrize(
    "row", [None, 1, "h1", [], {}, {"id": None}, {"id": ""}, {"id": True}, {"id": "a\x1bb"}, {"id": [1]}]
)
def test_a_row_without_a_usable_id_is_counted_and_the_others_are_shown(row: Any) -> None:
    page = a_page(HOST, row, HOST | {"id": "h2"}, total='"3"')
    assert [host.id for host in page.hosts] == ["OWWWuy7Gcj", "h2"]
    assert (page.unreadable, page.total) == (1, 3)


@pytest.mark.parametrize(
    ("data", "total"),
    [
        ('{"data":[],"totalCounts":0}', 0),
        ('{"data":null,"totalCounts":"0"}', 0),
        ('{"data":null}', None),
        ('{"totalCounts":0}', 0),
        ('{"data":[],"totalCounts":null}', None),
        ("null", None),
    ],
)
def test_an_empty_page_comes_in_many_forms(data: str, total: int | None) -> None:
    assert decode.decode_hosts(an_envelope(data)) == HostPage((), total, 0)


@pytest.mark.parametrize("total", ['"many"', "-1", "100001", "1.5", "NaN", "[]"])
def test_an_invalid_total_is_reported(total: str) -> None:
    assert decode.decode_hosts(an_envelope(f'{{"data":[],"totalCounts":{total}}}')) == HostPage((), None, 0, True)


@pytest.mark.parametrize("data", ["1", '"x"', "[]", "true", "{}", '{"totalCounts":5}', '{"data":{},"totalCounts":5}'])
def test_a_page_without_a_list_is_not_empty(data: str) -> None:
    with pytest.raises(BadResponse):
        decode.decode_hosts(an_envelope(data))


@pytest.mark.parametrize("name", ["list", "records", "rows", "items"])
@pytest.mark.parametrize("total", ["totalCounts", "total", "totalCount", "total_count"])
def test_a_page_under_other_names_is_understood(name: str, total: str) -> None:
    page = {"pageNum": 1, total: "30", name: [HOST, HOST | {"id": "h2"}]}
    assert decode.decode_hosts(an_envelope(json.dumps(page))) == a_page(HOST, HOST | {"id": "h2"}, total="30")
    beyond = json.dumps({total: 30, name: []})
    assert decode.decode_hosts(an_envelope(beyond)) == HostPage((), 30, 0)


@pytest.mark.parametrize(
    "data", ['{"list":[]}', '{"list":[1],"pages":1}', '{"list":{"id":"h1"},"total":1}', '{"total":5}']
)
def test_a_list_under_another_name_without_hosts_is_not_a_page(data: str) -> None:
    with pytest.raises(BadResponse):
        decode.decode_hosts(an_envelope(data))


def test_the_documented_name_of_a_page_comes_first() -> None:
    page = json.dumps({"list": [HOST], "data": [], "total": 7, "totalCounts": 0})
    assert decode.decode_hosts(an_envelope(page)) == HostPage((), 0, 0)


def test_a_page_without_data_is_not_empty() -> None:
    with pytest.raises(BadResponse):
        decode.decode_hosts(decode.decode_envelope(b'{"code":0,"msg":"success"}'))


def test_images_and_packages_may_be_null_but_not_all_unreadable() -> None:
    assert decode.decode_images(an_envelope("null")) == ()
    assert decode.decode_packages(an_envelope("[]")) == ()
    assert len(decode.decode_images(an_envelope('[{"imageId":1},{"x":1}]'))) == 1
    with pytest.raises(BadResponse):
        decode.decode_images(an_envelope('[{"id":1}]'))
    with pytest.raises(BadResponse):
        decode.decode_packages(an_envelope('{"packageId":"p"}'))


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ("1.10", "1.10"),
        ('"1.10"', "1.10"),
        ('" 1.10 "', "1.10"),
        ("0.1234567890123456789", "0.1234567890123456789"),
        ('"0.1234567890123456789"', "0.1234567890123456789"),
        ("0", "0"),
        ("3", "3"),
        ("1e2", "1E+2"),
    ],
)
def test_money_keeps_every_digit(sent: str, expected: str) -> None:
    assert str(the_package(amount=sent).amount) == expected


@given(st.integers(0, 10**15), st.booleans())
def test_money_keeps_every_digit_of_any_price(billionths: int, as_string: bool) -> None:
    price = Decimal(billionths).scaleb(-9)
    sent = f'"{price:f}"' if as_string else f"{price:f}"
    amount = the_package(amount=sent).amount
    assert amount is not None
    assert f"{amount:f}" == f"{price:f}"


@pytest.mark.parametrize(
    "sent",
    [
        '"NaN"',
        '"Infinity"',
        "-1.10",
        '"-0"',
        "1e400",
        '"1e-400"',
        "1" * 41,
        '"' + "9" * 5000 + '"',
        "true",
        "[1.10]",
        '"¥1.10"',
        '"1,10"',
        '"1_000"',
        '"\u0661"',
        '"free"',
    ],
)
def test_an_invalid_price_is_none_and_in_raw(sent: str) -> None:
    package = the_package(amount=sent)
    assert package.amount is None
    assert 0 < len(package.raw["amount"]) <= 80


@pytest.mark.parametrize("sent", ["null", '""'])
def test_a_price_that_was_not_sent_is_none(sent: str) -> None:
    assert the_package(amount=sent).amount is None


@pytest.mark.parametrize(("sent", "factor"), [("0.8", "0.8"), ('"0.80"', "0.80"), ("1", "1"), ("null", "1")])
def test_a_discount_is_a_factor_and_none_is_1(sent: str, factor: str) -> None:
    assert str(the_package(discount=sent).discount) == factor


@pytest.mark.parametrize("sent", ["8", '"80%"', "-0.8", "0", '"NaN"', '""', "true"])
def test_an_implausible_discount_is_invalid(sent: str) -> None:
    package = the_package(discount=sent)
    assert package.discount is None
    assert "discount" in package.raw


def snake_case(name: str) -> str:
    return re.sub(r"(?=[A-Z])", "_", name).lower()


@pytest.mark.parametrize("respell", [snake_case, str.upper, str.title])
def test_every_spelling_of_a_field_name_is_read(respell: Callable[[str], str]) -> None:
    def respelled(row: dict[str, Any]) -> dict[str, Any]:
        return {respell(name): value for name, value in row.items()}

    package = json.loads(PACKAGE)
    assert decode.decode_packages(an_envelope(json.dumps([respelled(package)]))) == decode.decode_packages(
        an_envelope(json.dumps([package]))
    )
    image = {"imageId": "4005", "type": "BL", "systemImageName": "Ubuntu", "systemImageVersion": "20.04"}
    assert decode.decode_images(an_envelope(json.dumps([respelled(image)])))[0].label == "Ubuntu 20.04"
    host = HOST | {"ipv4": "10.0.0.1", "mac": "00:11:22:33:44:55"}
    page = json.dumps(respelled({"data": [respelled(host)], "totalCounts": "1"}))
    assert decode.decode_hosts(an_envelope(page)) == a_page(host)


def test_the_documented_spelling_of_a_name_comes_first() -> None:
    assert the_host(HOST_PW="of another field").password == Secret("cWf4psCY")
    assert the_package(bandWidth="null", band_width='"50"').bandwidth == 50
    assert the_package(bandWidth="30", band_width="null").bandwidth == 30


def test_the_code_is_a_number_or_a_string() -> None:
    assert decode.decode_envelope(b'{"code":"1001","msg":null}') == Envelope(1001, None, "", "")
    assert decode.decode_envelope(b'\xef\xbb\xbf{"code":0,"success":true}').code == 0


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html><title>Log in</title></html>",
        b"[]",
        b"null",
        b"{}",
        b'{"data":[]}',
        b'{"code":null}',
        b'{"code":true}',
        b'{"code":"ok"}',
        b'{"code":0.5}',
        b'{"code":1e400}',
        b'{"code":0,"data":' + b"[" * 10_000 + b"]" * 10_000 + b"}",
        b'{"code":0,"data":' + b"[" * 600 + b"]" * 600 + b"}",
        b'{"code":0,"data":' + b'{"]":' * 600 + b"1" + b"}" * 600 + b"}",
        b'{"code":0}trailing',
        b"\xff\xfe\x00",
    ],
)
def test_anything_but_an_envelope_is_a_bad_response(body: bytes) -> None:
    with pytest.raises(BadResponse):
        decode.decode_envelope(body)


@pytest.mark.parametrize(
    "data",
    [b"[" + b",".join([b"{}"] * 2_000) + b"]", b'"' + b"[" * 2_000 + b'"', b'["' + b'\\"[' * 2_000 + b'"]'],
    ids=["many objects", "brackets in a text", "brackets after escaped quotes"],
)
def test_brackets_that_do_not_nest_are_accepted(data: bytes) -> None:
    assert decode.decode_envelope(b'{"code":0,"data":' + data + b"}").code == 0


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"code":429,"message":"Too_Many_Requests","routeID":"r"}', "Too_Many_Requests"),
        (b'{"code":404,"message":"504 GATEWAY_TIMEOUT","traceId":"TX1-E2"}', "504 GATEWAY_TIMEOUT"),
        (b'{"code":1003,"msg":"no","message":"other"}', "no"),
        (b'{"code":1003,"msg":null,"message":"said here"}', "said here"),
        (b'{"code":1003}', ""),
    ],
)
def test_the_message_is_read_from_msg_or_message(body: bytes, message: str) -> None:
    assert decode.decode_envelope(body).message == message


@pytest.mark.parametrize(
    ("data", "host_id"), [("true", None), ('"true"', None), ('"dyMFQQgHIW"', "dyMFQQgHIW"), ('"host-17"', "host-17")]
)
def test_a_created_host_may_have_an_id(data: str, host_id: str | None) -> None:
    assert decode.decode_created(an_envelope(data)) == host_id


@pytest.mark.parametrize(
    "data",
    [
        *(
            "null",
            "false",
            '"false"',
            '""',
            "[]",
            '{"id":"h1"}',
            '"please wait"',
            '"a\\u001bb"',
            "17.0",
            "123",
            "1e400",
        ),
        *(
            '"queued"',
            '"Accepted"',
            '"PROCESSING"',
            '" LaA7ruBs76"',
            '"LaA7ruBs76\\n"',
            f'"{"a1" * 40}"',
            '"a/b1"',
            '"?id=1"',
        ),
        *('"123"', '"1234567890"', '"1e400"', '"12.5"', '"%00"', '"../x"', '"id"', '"-"', '"null"', '"success"'),
    ],
)
def test_an_unclear_create_is_a_bad_response(data: str) -> None:
    with pytest.raises(BadResponse):
        decode.decode_created(an_envelope(data))


@pytest.mark.parametrize(
    ("data", "host_id"),
    [
        *(("123", "123"), ('"1234567890"', "1234567890"), ('"queued"', "queued"), ('"ab"', "ab")),
        *((data, None) for data in ('"1e400"', "1e400", "1.5", '"%00"', '"../x"', '" 12"', '""', "-3", "9" * 30, "{}")),
    ],
)
def test_a_possible_unusual_id_is_kept_for_verification(data: str, host_id: str | None) -> None:
    with pytest.raises(BadResponse) as caught:
        decode.decode_created(an_envelope(data))
    assert caught.value.host_id == host_id


def test_only_true_confirms_a_deletion() -> None:
    decode.expect_deleted(an_envelope("true"))
    for data in ("false", "null", "[]", '"h1"', "1"):
        with pytest.raises(BadResponse):
            decode.expect_deleted(an_envelope(data))


def test_power_accepts_anything_except_false() -> None:
    decode.expect_done(an_envelope("true"))
    decode.expect_done(an_envelope("null"))
    with pytest.raises(BadResponse):
        decode.expect_done(an_envelope("false"))


def test_a_token_has_a_lifetime() -> None:
    long = "x" * 10_000
    assert decode.decode_token(an_envelope(f'{{"token":"{long}"}}'))[0] == Secret(long)
    assert decode.decode_token(an_envelope('{"token":"abc","effectiveTime":"1800000"}')) == (Secret("abc"), 1_800_000)
    assert decode.decode_token(an_envelope('{"token":"abc"}')) == (Secret("abc"), None)


@pytest.mark.parametrize(
    "data",
    ["null", "true", '"a b"', "12", "{}", '{"token":""}', '{"token":"a\\nb"}', '{"token":"é"}', '{"token":"a b"}'],
)
def test_a_token_that_cannot_be_sent_is_a_bad_response(data: str) -> None:
    with pytest.raises(BadResponse):
        decode.decode_token(an_envelope(data))


@given(st.sampled_from([*HOST, "mac", "ipv4", "area"]), ANY_JSON)
def test_no_value_of_any_field_hides_a_host(name: str, value: Any) -> None:
    page = a_page(HOST | {name: value}, HOST | {"id": "other"})
    assert len(page.hosts) + page.unreadable == 2
    assert page.hosts[-1].id == "other"
    assert name == "id" or page.unreadable == 0
    assert all(len(kept) <= 80 for host in page.hosts for kept in host.raw.values())


@given(st.lists(ANY_JSON, max_size=5))
def test_no_row_hides_another(rows: list[Any]) -> None:
    page = a_page(*rows, HOST)
    assert len(page.hosts) + page.unreadable == len(rows) + 1
    assert page.hosts[-1].id == HOST["id"]


@given(st.binary() | st.builds(lambda value: json.dumps({"code": 0, "data": value}).encode(), ANY_JSON))
def test_any_body_raises_only_bad_response(body: bytes) -> None:
    decoders = (
        decode.decode_hosts,
        partial(decode.decode_host, host_id="h1"),
        decode.decode_images,
        decode.decode_packages,
        decode.decode_created,
        decode.expect_deleted,
        decode.expect_done,
        decode.decode_token,
    )
    try:
        envelope = decode.decode_envelope(body)
    except BadResponse:
        return
    for decoder in decoders:
        try:
            decoder(envelope)
        except BadResponse as error:
            assert error.__context__ is None
