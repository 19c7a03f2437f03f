"""Files of the user: read only if they are files, and what they are outlives our writing."""

from __future__ import annotations

import contextlib
import os
import socket
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.privileges import IS_ROOT, powerless

from xds_tui.config import toml_file
from xds_tui.config.settings import Arguments, known_keys, load, profile_keys
from xds_tui.config.toml_file import ConfigFile, SettingsError
from xds_tui.system import files
from xds_tui.system.files import FileWriteError, write_export
from xds_tui.tui import keymap

BOM = "\ufeff"


def save_setting(path: Path) -> None:
    toml_file.write(path, {("theme",): "light"})


def write_text(path: Path) -> None:
    files.write(path, 'theme = "light"\n')


WRITERS = (save_setting, write_text)
Writer = Callable[[Path], None]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text("interval = 30\n")
    return path


@pytest.mark.parametrize("write", WRITERS)
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o644, 0o664, 0o400])
def test_the_mode_stays(path: Path, write: Writer, mode: int) -> None:
    path.chmod(mode)
    write(path)
    assert "light" in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == mode


@pytest.mark.skipif(not IS_ROOT, reason="only root can give files away")
@pytest.mark.parametrize("write", WRITERS)
def test_the_owner_stays_when_root_writes(path: Path, write: Writer) -> None:
    os.chown(path, 1234, 4321)
    write(path)
    assert "light" in path.read_text()
    assert (path.stat().st_uid, path.stat().st_gid) == (1234, 4321)


@pytest.mark.skipif(not IS_ROOT, reason="only root can give files away")
@pytest.mark.parametrize("write", WRITERS)
def test_files_created_by_root_belong_to_the_owner_of_the_folder(tmp_path: Path, write: Writer) -> None:
    os.chown(tmp_path, 1234, 4321)
    write(tmp_path / "a" / "b" / "config.toml")
    for made in (tmp_path / "a", tmp_path / "a" / "b", tmp_path / "a" / "b" / "config.toml"):
        assert (made.stat().st_uid, made.stat().st_gid) == (1234, 4321)


@pytest.mark.parametrize("write", WRITERS)
@pytest.mark.parametrize("relative", [True, False])
def test_a_link_stays_a_link_and_its_target_keeps_its_mode(path: Path, write: Writer, relative: bool) -> None:
    path.chmod(0o644)
    link = path.with_name("link.toml")
    link.symlink_to(path.name if relative else path)
    write(link)
    assert link.is_symlink()
    assert "light" in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


@pytest.mark.parametrize("write", WRITERS)
def test_a_dangling_link_creates_its_target(tmp_path: Path, write: Writer) -> None:
    link = tmp_path / "link.toml"
    link.symlink_to(tmp_path / "target.toml")
    write(link)
    assert link.is_symlink()
    assert "light" in (tmp_path / "target.toml").read_text()


@pytest.mark.parametrize("write", WRITERS)
def test_a_file_with_two_names_keeps_them(path: Path, write: Writer) -> None:
    other = path.with_name("other.toml")
    other.hardlink_to(path)
    write(path)
    assert path.samefile(other)
    assert "light" in other.read_text()
    assert path.read_text() == other.read_text()


@pytest.mark.parametrize("write", WRITERS)
def test_a_file_is_written_though_its_folder_cannot_be(path: Path, write: Writer) -> None:
    path.write_text("interval = 30\n" + "# a long line that must go as a whole\n" * 3)
    path.parent.chmod(0o500)
    with powerless():
        write(path)
    path.parent.chmod(0o700)
    assert "light" in path.read_text()


def test_extended_attributes_stay(path: Path) -> None:
    try:
        os.setxattr(path, "user.comment", b"mine")
    except OSError:
        pytest.skip("the file system has none")
    save_setting(path)
    assert os.getxattr(path, "user.comment") == b"mine"


def test_line_ends_and_byte_order_mark_stay(path: Path) -> None:
    path.write_bytes(f"{BOM}interval = 30\r\n# mine\r\n".encode())
    save_setting(path)
    content = path.read_bytes().decode()
    assert content.startswith(f"{BOM}interval = 30\r\n# mine\r\n")
    assert "light" in content
    assert ConfigFile(path, must_exist=True).problems == []


def test_a_configuration_that_begins_with_a_byte_order_mark_is_read(path: Path) -> None:
    path.write_bytes(b"\xef\xbb\xbfinterval = 30\nread_only = true\n")
    config = ConfigFile(path, must_exist=True)
    assert (config.problems, config.first([()], "interval", lambda value: value)) == ([], 30)


# What is no file


def a_fifo(path: Path) -> None:
    os.mkfifo(path)


def a_folder(path: Path) -> None:
    path.mkdir()


def a_device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def a_terminal(path: Path) -> None:
    path.symlink_to("/dev/tty")


def a_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        os.chdir(path.parent)
        listener.bind(path.name)


NO_FILES = (a_fifo, a_folder, a_device, a_terminal, a_socket)


@pytest.fixture
def no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Path:
    monkeypatch.chdir(tmp_path)
    made: Path = tmp_path / "config.toml"
    request.param(made)
    return made


@pytest.mark.parametrize("no_file", NO_FILES, indirect=True)
def test_a_configuration_that_is_no_file_is_refused_at_once(no_file: Path) -> None:
    config = ConfigFile(no_file, must_exist=False)
    (problem,) = config.problems
    assert str(no_file) in problem.detail
    assert config.is_doubtful


@pytest.mark.parametrize("no_file", NO_FILES, indirect=True)
def test_only_regular_files_are_replaced(no_file: Path) -> None:
    before = no_file.stat()
    with pytest.raises(SettingsError):
        save_setting(no_file)
    with pytest.raises(OSError, match="not a regular file"):
        write_text(no_file)
    assert os.path.samestat(no_file.stat(), before)


@pytest.mark.parametrize("no_file", NO_FILES, indirect=True)
async def test_an_export_replaces_only_regular_files(no_file: Path) -> None:
    with pytest.raises(FileWriteError):
        await write_export(no_file.parent, no_file.name, "text")


def test_the_null_device_is_an_empty_configuration_and_is_not_written_to() -> None:
    config = ConfigFile(Path(os.devnull), must_exist=True)
    assert (config.problems, config.is_empty) == ([], True)
    with pytest.raises(SettingsError):
        save_setting(Path(os.devnull))
    assert stat.S_ISCHR(Path(os.devnull).stat().st_mode)


def test_a_file_that_is_too_large_is_refused(path: Path) -> None:
    os.truncate(path, files.MAX_SIZE + 1)
    assert len(ConfigFile(path, must_exist=True).problems) == 1


# What a terminal would obey


@pytest.mark.parametrize(
    "written",
    [
        '"\\u001b[2Jkey" = 1\n',
        '[keys]\n"fleet.\\u001b]52;c;QQ==\\u0007" = "x"\n',
        '[keys]\n"fleet.stop" = "\\u001b[31m"\n',
        '[filters]\n"\\u0007" = "gpu:4090"\n',
        '[filters]\nmine = "\\u009b31m"\n',
        '[profiles."\\u001b[1m"]\nread_only = true\n',
        '[connect]\nlinux = ["ssh", "\\u001b[31m{address}"]\n',
        'a = 1\na = 1\n"\\u001b" = 1\n"\\u001b" = 1\n',
        "\x1b[2J = 1\n",
        "a = \x1b\n",
    ],
)
def test_values_of_the_configuration_are_inert(path: Path, written: str) -> None:
    path.write_text(written)
    found = keymap.with_problems(load(Arguments(), {"XDS_CONFIG": str(path)}))
    assert found.problems
    everything = repr(found.keymap) + repr(found.hosts) + repr(found.commands)
    for text in (everything, *(str(problem) for problem in found.problems)):
        assert text.isprintable()
        assert "\\x1b" not in text


@pytest.mark.parametrize("written", ["\x1b[2J = 1\n", "a = \x1b\n", '"\\u001b" = 1\n"\\u001b" = 1\n', "a = 1\n"])
def test_errors_of_writing_are_inert(path: Path, written: str) -> None:
    path.write_text(written)
    with pytest.raises(SettingsError) as refused:
        toml_file.write(path, {("a", "b"): 1})
    assert str(refused.value).isprintable()


def test_a_path_that_a_terminal_would_obey_is_shown_inert(tmp_path: Path) -> None:
    (problem,) = ConfigFile(tmp_path / "\x1b[2J.toml", must_exist=True).problems
    assert str(problem).isprintable()


# Whatever the file holds

KEYS = [(*table, key) for table, keys in known_keys().items() for key in keys or ("mine",)]
LITERALS = (
    "1", "-1", "0", "1e400", "nan", "inf", "9" * 30, "9" * 6000, "0x7fffffffffffffffffff", "true", '""', '"\\u0000"',
    '"\\uffff"', "[]", "[[]]", "[1, 'a', {}]", "{}", "{a = 1}", "1979-05-27", "07:32:00", "1979-05-27T07:32:00Z",
    '["ssh", "{address}", "{"]', '"' + "a" * 100_000 + '"', '"gpu:(("', '"--"', '"-"', '"http://["', '"https://[::1"',
    '"https://a:99999999999"', '"\U0001f600"', '"\\u202e"',
)  # fmt: skip


@pytest.mark.sweep(6)
@pytest.mark.parametrize("literal", LITERALS, ids=range(len(LITERALS)))
def test_any_value_of_any_key_is_read_or_named(path: Path, literal: str) -> None:
    for keys in (*KEYS, *(("profiles", "one", key) for key in profile_keys())):
        path.write_text(f"{'.'.join(keys)} = {literal}\n")
        found = keymap.with_problems(load(Arguments(profile="one"), {"XDS_CONFIG": str(path)}))
        assert all(str(problem).isprintable() for problem in found.problems)


WHOLE = """\
interval = 30
[keys]
"fleet.start" = "S"
fleet.stop = ["x", "ctrl+x"]
[hosts]
columns = ["name", "status"]
sort = "-expires"
[filters]
gpus = "gpu:4090"
[connect]
linux = ["ssh", "{address}"]
[profiles.one]
base_url = "https://client.xuandashi.com"
read_only = true
"""


@settings(max_examples=300)
@given(st.lists(st.tuples(st.integers(0, len(WHOLE) - 1), st.binary(max_size=3)), min_size=1, max_size=8))
def test_a_damaged_configuration_is_read_as_far_as_it_goes(changes: list[tuple[int, bytes]]) -> None:
    content = bytearray(WHOLE.encode())
    for place, put in changes:
        content[place : place + 1] = put
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "config.toml")
        path.write_bytes(bytes(content))
        found = keymap.with_problems(load(Arguments(), {"XDS_CONFIG": str(path)}))
        assert all(str(problem).isprintable() for problem in found.problems)
        with contextlib.suppress(SettingsError):
            save_setting(path)


async def test_a_file_is_whole_and_for_the_user_alone(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "and new" / "exports"
    path = await write_export(folder, "events.csv", "a,b\r\n渲染,1\r\n")
    assert path.read_bytes() == "a,b\r\n渲染,1\r\n".encode()
    assert path.stat().st_mode & 0o777 == 0o600
    for made in (folder, folder.parent, folder.parent.parent):
        assert made.stat().st_mode & 0o777 == 0o700
    assert [each.name for each in folder.iterdir()] == ["events.csv"]


async def test_a_failed_write_is_reported_and_leaves_no_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(FileWriteError, match="could not be written"):
        await write_export(tmp_path / "file", "events.csv", "")
