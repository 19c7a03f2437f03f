from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.factories import a_host
from support.hostile import FRAGMENTS, HOSTILE_TEXT

from xds_tui.config.settings import Arguments, load
from xds_tui.remote import rdp, target, templates
from xds_tui.remote.target import System, Target, UnreachableError
from xds_tui.remote.templates import ConnectCommands
from xds_tui.text.messages import error_message

LINUX = a_host(os="Ubuntu Server", account="root", address="gx.example.com", port=54220)
WINDOWS = a_host(os="Windows Server", account="administrator", address="gx.example.com", port=54221)


# Where a host is reached


@pytest.mark.parametrize(
    ("os", "system"),
    [
        ("Ubuntu Server", System.LINUX),
        ("Debian", System.LINUX),
        ("CentOS 7.9", System.LINUX),
        ("麒麟 V10", System.LINUX),
        ("Windows", System.WINDOWS),
        ("Windows Server", System.WINDOWS),
        ("win10 专业版", System.WINDOWS),
        ("Darwin", None),
        ("", None),
        ("渲染", None),
    ],
)
def test_the_kind_of_machine_follows_from_its_system(os: str, system: System | None) -> None:
    assert target.system_of(os) is system


@pytest.mark.parametrize(
    "address",
    ["gx-xds-rdp.songmao-idc.com", "gateway", "10.0.0.1", "::1", "fe80::1", "2001:db8::2", "a", "xn--fiqs8s.cn", "1.a"],
)
def test_an_address_is_an_ip_address_or_a_host_name(address: str) -> None:
    assert target.is_address(address)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "-oProxyCommand=id",
        "a b",
        "a\n",
        "\na",
        "a\tb",
        "a;id",
        "$(id)",
        "`id`",
        "a'b",
        'a"b',
        "a\\b",
        "a%h",
        "a/b",
        "../a",
        "a@b",
        "root@a",
        "a:22",
        "[::1]",
        "fe80::1%eth0",
        "fe80::1%;id",
        "a..b",
        ".a",
        "a.",
        "-a",
        "a-",
        "a.-b",
        "a_b",
        "127.1",
        "2130706433",
        "0x7f.1",
        "0x7f000001",
        "1.2.3.4.5",
        "256.1.1.1",
        "渲染.cn",
        "a" * 64,
        ".".join(["a" * 60] * 5),
    ],
)
def test_nothing_else_is_one(address: str) -> None:
    assert not target.is_address(address)
    with pytest.raises(UnreachableError):
        target.target(replace(LINUX, address=address, ipv4=None))


@pytest.mark.parametrize(
    "user", ["-oProxyCommand=id", "a b", "a;id", "$(id)", "a\n", "渲染", "", "a" * 65, "a@b", "a\\b"]
)
def test_an_account_that_ssh_could_stumble_over_is_none(user: str) -> None:
    with pytest.raises(UnreachableError):
        target.target(replace(LINUX, account=user))


@pytest.mark.parametrize("user", ["administrator", "DOMAIN\\me", "me@domain.example", "J Doe", "a"])
def test_windows_has_names_with_domains_and_spaces(user: str) -> None:
    assert target.target(replace(WINDOWS, account=user)).user == user


@pytest.mark.parametrize("user", ["-x", "/u:x", "a\r\nb", "a ", " a", "a\\", "", 'a"b', "a%b", "a;b"])
def test_and_still_none_that_ends_a_line_or_an_argument(user: str) -> None:
    with pytest.raises(UnreachableError):
        target.target(replace(WINDOWS, account=user))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"address": None, "ipv4": None}, "The address is not known yet"),
        ({"address": ""}, "The address is not known yet"),
        ({"account": None}, "The user name is not known yet"),
        ({"os": ""}, "The OS is unknown"),
        ({"os": "TempleOS"}, "reached over SSH or by remote desktop: TempleOS"),
        ({"address": "a b"}, "is unsafe to pass to a program: a b"),
        ({"account": "-x" + "y" * 100}, "is unsafe to pass to a program: -xy"),
    ],
)
def test_an_unreachable_host_has_a_reason(changed: Mapping[str, object], message: str) -> None:
    with pytest.raises(UnreachableError) as caught:
        target.target(replace(LINUX, **changed))  # type: ignore[arg-type]
    assert message in error_message(caught.value)
    assert len(caught.value.detail) <= target.MAX_SHOWN


@pytest.mark.parametrize(
    ("changed", "place"),
    [
        ({}, "gx.example.com:54220"),
        ({"port": None}, "gx.example.com:22"),
        ({"address": "::1"}, "[::1]:54220"),
        ({"address": None, "ipv4": "gx.example.com:7"}, "gx.example.com:54220"),
        ({"address": None, "port": None, "ipv4": "gx.example.com:7"}, "gx.example.com:7"),
        ({"address": "", "port": None, "ipv4": "10.0.0.1"}, "10.0.0.1:22"),
    ],
)
def test_where_the_service_leaves_something_out_the_rest_is_used(changed: Mapping[str, object], place: str) -> None:
    assert target.target(replace(LINUX, **changed)).place == place  # type: ignore[arg-type]


def test_windows_without_a_port_is_reached_where_desktops_are() -> None:
    assert target.target(replace(WINDOWS, port=None)).port == 3389


# The command


def test_ssh_gets_address_and_name_where_they_can_be_no_option() -> None:
    command = rdp.manual_command(target.target(LINUX), ConnectCommands(), None)
    assert command == ("ssh", "-p", "54220", "-l", "root", "--", "gx.example.com")
    assert templates.shell_command(command) == "ssh -p 54220 -l root -- gx.example.com"


NEARLY_GOOD = st.builds(
    lambda good, at, bad: good[: at % (len(good) + 1)] + bad + good[at % (len(good) + 1) :],
    st.sampled_from(["gx.example.com", "10.0.0.1", "2001:db8::1", "root", "administrator", "DOMAIN\\me"]),
    st.integers(0, 20),
    st.text(max_size=1) | st.sampled_from(["", "-", " -o", "\n", "%h", "'", "/", "\0"]),
)
ANY_TEXT = (
    NEARLY_GOOD | HOSTILE_TEXT | st.sampled_from(FRAGMENTS) | st.text(max_size=30) | st.from_regex(r"-[a-zA-Z]{1,3}\S*")
)


@given(address=ANY_TEXT, account=ANY_TEXT, ipv4=ANY_TEXT, port=st.none() | st.integers(-1, 70_000))
@pytest.mark.parametrize("host", [LINUX, WINDOWS], ids=["linux", "windows"])
def test_no_string_of_the_service_becomes_an_option_another_argument_or_a_word_to_a_shell(
    host: object, address: str, account: str, ipv4: str, port: int | None
) -> None:
    assert isinstance(host, type(LINUX))
    try:
        to = target.target(replace(host, address=address, account=account, ipv4=ipv4, port=port))
    except UnreachableError:
        return
    template = ("x", "{user}", "{address}", "{place}", "a{user}b{port}", "--", "{address}")
    command = templates.expand(template, to)
    assert len(command) == len(template)
    assert not any(part.startswith(("-", "/", "@", "+")) for part in (to.user, to.address, to.place))
    assert re.fullmatch(r"[A-Za-z0-9.:-]+", to.address)
    assert not set(to.user) & set("\"'`$;&|<>(){}[]*?!#~^%\0\r\n\t")
    assert shlex.split(templates.shell_command(command)) == list(command)


def test_a_value_that_looks_like_a_placeholder_fills_none() -> None:
    to = Target("h1", System.LINUX, "a", 22, "{port}")
    assert templates.expand(("x", "{user}", "{address}"), to) == ("x", "{port}", "a")


def test_a_shell_takes_the_command_as_it_was_meant() -> None:
    to = target.target(replace(WINDOWS, account="DOMAIN\\J Doe"))
    command = templates.expand(("printf", "%s\n", "{user}", "{place}"), to)
    said = subprocess.run(
        ["sh", "-c", templates.shell_command(command)], capture_output=True, text=True, check=True
    ).stdout
    assert said.splitlines() == ["DOMAIN\\J Doe", "gx.example.com:54221"]


# A command of the user's own


def settings_with(tmp_path: Path, written: str) -> tuple[ConnectCommands, list[str]]:
    path = tmp_path / "config.toml"
    path.write_text(f"[connect]\n{written}\n")
    settings = load(Arguments(), {}, config_path=path)
    assert not settings.read_only
    return settings.commands, [str(problem) for problem in settings.problems]


def test_a_command_can_be_chosen_for_each_system(tmp_path: Path) -> None:
    commands, problems = settings_with(
        tmp_path,
        'linux = ["mosh", "--ssh=ssh -p {port}", "--", "{user}@{address}"]\nwindows = ["xfreerdp", "{file}", "/f"]',
    )
    assert problems == []
    linux, windows = target.target(LINUX), target.target(WINDOWS)
    assert rdp.manual_command(linux, commands, None) == ("mosh", "--ssh=ssh -p 54220", "--", "root@gx.example.com")
    assert commands.windows is not None
    assert templates.expand(commands.windows, windows, "/home/me/a.rdp") == ("xfreerdp", "/home/me/a.rdp", "/f")
    # A command that needs a file cannot be typed without it.
    assert rdp.manual_command(windows, commands, None) == ("mstsc", "/v:gx.example.com:54221")
    by_place = replace(commands, windows=("krdc", "rdp://{place}"))
    assert rdp.manual_command(windows, by_place, None) == ("krdc", "rdp://gx.example.com:54221")


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ('linux = "ssh {address}"', "This must be a list of strings"),
        ('linux = ["ssh", 22, "{address}"]', "This must be a list of strings"),
        ("linux = []", "starts with the name of the program"),
        ('linux = ["", "{address}"]', "starts with the name of the program"),
        ('linux = ["{address}"]', "starts with the name of the program"),
        ('linux = ["ssh", "{address}\\u0000"]', "characters that cannot be shown"),
        ('linux = ["ssh", "{host}", "{address}"]', "are allowed in braces"),
        ('linux = ["ssh", "{address!r}"]', "are allowed in braces"),
        ('linux = ["ssh", "{address.__class__}"]', "are allowed in braces"),
        ('linux = ["ssh", "{password}", "{address}"]', "are allowed in braces"),
        ('linux = ["ssh", "{}", "{address}"]', "are allowed in braces"),
        ('linux = ["ssh", "{file}", "{address}"]', "are allowed in braces"),
        ('linux = ["ssh", "-l", "{user}"]', "The arguments must contain"),
        ('windows = ["xfreerdp", "/u:{user}"]', "The arguments must contain"),
        ('macos = ["ssh"]', "There is no such setting"),
    ],
)
def test_a_command_that_cannot_be_filled_is_named_and_the_usual_one_holds(
    tmp_path: Path, written: str, message: str
) -> None:
    commands, (problem,) = settings_with(tmp_path, written)
    assert commands == ConnectCommands()
    assert message in problem
    assert "config.toml:2: connect." in problem
