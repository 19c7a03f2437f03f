from __future__ import annotations

import os
import time
import tracemalloc
from pathlib import Path

import pytest

from xds_tui.config.hosts_file import HostsFile
from xds_tui.config.hosts_toml import parse
from xds_tui.config.toml_file import SettingsError
from xds_tui.domain.annotations import Annotation, AnnotationChange, AnnotationError
from xds_tui.system import files

TEXT = """\
# The render farm
[hosts.LaA7ruBs76]  # the first one
alias = "render-1"
note = "until friday"   # of next week
tags = [
    "render",  # for the farm
    "prod",
]
owner = "li"
protected = true

[other]
key = 1

[hosts.Pk1]
alias = 'db'
color = "blue"
"""
FIRST = Annotation("render-1", "until friday", ("render", "prod"), "li", is_marked=True)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "hosts.toml"


def write(path: Path, text: str, *, age: float = 60) -> None:
    path.write_text(text)
    os.utime(path, (time.time() - age,) * 2)


def edit(path: Path, **changes: AnnotationChange) -> str:
    HostsFile(path).edit(changes)
    return path.read_text()


def test_the_file_is_read(path: Path) -> None:
    write(path, TEXT)
    found = HostsFile(path).read()
    assert found is not None
    assert found.annotations == {"LaA7ruBs76": FIRST, "Pk1": Annotation("db")}
    assert found.problems == ()


def test_a_missing_file_has_no_annotations(path: Path) -> None:
    found = HostsFile(path).read()
    assert found is not None
    assert found.annotations == {}


def test_an_unchanged_file_is_not_read_again(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(path, TEXT)
    file = HostsFile(path)
    assert file.read() is not None
    monkeypatch.setattr(files, "read", lambda _path: pytest.fail("read again"))
    assert file.read() is None


def test_a_file_that_was_saved_without_a_change_is_not_parsed_again(path: Path) -> None:
    write(path, TEXT)
    file = HostsFile(path)
    assert file.read() is not None
    write(path, TEXT, age=30)
    assert file.read() is None


def test_a_change_by_another_program_is_read(path: Path) -> None:
    write(path, TEXT)
    file = HostsFile(path)
    file.read()
    write(path, TEXT.replace("render-1", "render-2"), age=0)
    found = file.read()
    assert found is not None
    assert found.annotations["LaA7ruBs76"].alias == "render-2"


def test_a_second_change_within_the_same_tick_of_the_clock_is_read(path: Path) -> None:
    now = time.time()
    path.write_text(TEXT)
    os.utime(path, (now, now))
    file = HostsFile(path)
    file.read()
    path.write_text(TEXT.replace("render-1", "render-2"))
    os.utime(path, (now, now))
    assert file.read() is not None


@pytest.mark.parametrize("text", ["hosts = 1\n", "[hosts]\na = 1\n"])
def test_a_file_with_something_else_for_hosts_is_left_alone(path: Path, text: str) -> None:
    write(path, text)
    try:
        found = HostsFile(path).read()
    except SettingsError:
        assert text == "hosts = 1\n"
    else:
        assert found is not None
        assert found.problems
        assert found.annotations["a"].is_protected
    with pytest.raises(SettingsError):
        edit(path, a=AnnotationChange(alias="x"))
    assert path.read_text() == text


@pytest.mark.parametrize(("text", "line"), [("[hosts.a]\nalias = \n", 2), ("[hosts.a\n", 1), ('\n\nx = "\n', 3)])
def test_an_invalid_file_is_reported_with_its_line_and_not_written(path: Path, text: str, line: int) -> None:
    write(path, text)
    file = HostsFile(path)
    with pytest.raises(SettingsError, match=f"{path}:{line}:"):
        file.read()
    with pytest.raises(SettingsError, match=f"{path}:{line}:"):
        file.edit({"a": AnnotationChange(alias="x")})
    assert path.read_text() == text
    write(path, TEXT)
    assert file.read() is not None


def test_an_invalid_value_is_reported_with_its_line_and_the_others_are_used(path: Path) -> None:
    write(path, TEXT.replace('alias = "render-1"', "alias = 5"))
    found = HostsFile(path).read()
    assert found is not None
    assert [problem.detail for problem in found.problems] == [f"{path}:3: hosts.LaA7ruBs76.alias"]
    assert found.annotations["LaA7ruBs76"].owner == "li"


def test_a_host_whose_protection_is_unclear_is_protected(path: Path) -> None:
    write(path, '[hosts.a]\nprotected = "no"\n')
    found = HostsFile(path).read()
    assert found is not None
    assert found.annotations["a"].is_protected
    assert found.problems


def test_a_new_file_is_private_and_readable(path: Path) -> None:
    change = AnnotationChange(alias="渲染 1", added_tags=("a", "b"), owner="李", note="x", is_marked=True)
    text = edit(path, LaA7ruBs76=change)
    assert text.startswith("# Names, notes, tags")
    assert text.endswith(
        '[hosts.LaA7ruBs76]\nalias = "渲染 1"\nnote = "x"\ntags = ["a", "b"]\nowner = "李"\nprotected = true\n'
    )
    assert path.stat().st_mode & 0o777 == 0o600


def test_an_edit_changes_one_key_and_preserves_everything_else(path: Path) -> None:
    write(path, TEXT)
    text = edit(path, LaA7ruBs76=AnnotationChange(note="until monday"))
    assert text == TEXT.replace("until friday", "until monday")


def test_tags_are_added_and_removed_with_the_comments_of_the_others(path: Path) -> None:
    write(path, TEXT)
    text = edit(path, LaA7ruBs76=AnnotationChange(added_tags=("gpu",), removed_tags=("prod",)))
    assert '"render",  # for the farm' in text
    found = HostsFile(path).read()
    assert found is not None
    assert found.annotations["LaA7ruBs76"].tags == ("render", "gpu")


def test_an_edit_that_changes_nothing_does_not_touch_the_file(path: Path) -> None:
    write(path, TEXT)
    before = path.stat().st_mtime_ns
    edit(path, LaA7ruBs76=AnnotationChange(alias="render-1", added_tags=("PROD",)))
    assert path.stat().st_mtime_ns == before


def test_unknown_keys_and_tables_are_preserved(path: Path) -> None:
    write(path, TEXT)
    text = edit(path, Pk1=AnnotationChange(alias="db-2"), New=AnnotationChange(alias="n"))
    assert 'color = "blue"' in text
    assert "[other]\nkey = 1" in text
    assert text.endswith('\n\n[hosts.New]\nalias = "n"\n')


def test_an_entry_without_values_is_removed(path: Path) -> None:
    write(path, '[hosts.a]\nalias = "x"\n\n[hosts.b]\nalias = "y"\n')
    assert edit(path, a=AnnotationChange(alias="")) == '[hosts.b]\nalias = "y"\n'


@pytest.mark.parametrize(
    "text",
    [
        'hosts.a.alias = "x"\n',
        'hosts = {a = {alias = "x"}}\n',
        '[hosts]\na.alias = "x"\n',
        '[hosts]\na = {alias = "x"}\n',
        '[hosts."a"]\nalias = "x"\n',
        '[ hosts . a ]\r\nalias = "x"\r\n',
        '\ufeff[hosts.a]\nalias = "x"\n',
        'note = """\n[hosts.a]\n"""\n[hosts.a]\nalias = "x"\n',
        '[hosts.a]\nnote = """\n[hosts.b]\n"""\nalias = "x"\n',
    ],
)
def test_other_notations_are_read_and_either_edited_or_left_alone(path: Path, text: str) -> None:
    path.write_bytes(text.encode())
    try:
        HostsFile(path).edit({"a": AnnotationChange(owner="li"), "b": AnnotationChange(owner="wang")})
    except SettingsError:
        assert path.read_bytes() == text.encode()
        return
    found = HostsFile(path).read()
    assert found is not None
    assert found.annotations["a"].alias == "x"
    assert (found.annotations["a"].owner, found.annotations["b"].owner) == ("li", "wang")


def test_too_many_tags_change_nothing(path: Path) -> None:
    write(path, TEXT)
    with pytest.raises(AnnotationError):
        edit(path, Pk1=AnnotationChange(added_tags=tuple(f"t{number}" for number in range(60))))
    assert path.read_text() == TEXT


def test_entries_are_forgotten_with_their_comments(path: Path) -> None:
    write(path, TEXT)
    HostsFile(path).forget(["LaA7ruBs76", "never"])
    text = path.read_text()
    assert "LaA7ruBs76" not in text
    assert text.startswith("# The render farm\n[other]\nkey = 1\n\n[hosts.Pk1]")


def save_once(path: Path, text: str, *, by_renaming: bool) -> None:
    if by_renaming:
        path.with_name("saved").write_text(text)
        path.with_name("saved").replace(path)
    else:
        path.write_text(text)


@pytest.mark.parametrize("by_renaming", [True, False])
def test_what_an_editor_saves_just_before_the_file_is_replaced_is_kept(
    path: Path, monkeypatch: pytest.MonkeyPatch, by_renaming: bool
) -> None:
    write(path, TEXT)
    swap = files._swap
    is_saved = False

    def late(first: Path, second: Path) -> bool:
        nonlocal is_saved
        if not is_saved:
            is_saved = True
            save_once(path, TEXT.replace("blue", "red"), by_renaming=by_renaming)
        return swap(first, second)

    monkeypatch.setattr(files, "_swap", late)
    text = edit(path, LaA7ruBs76=AnnotationChange(owner="wang"))
    assert text == TEXT.replace("blue", "red").replace('"li"', '"wang"')


@pytest.mark.parametrize("by_renaming", [True, False])
def test_an_edit_is_repeated_if_an_editor_overwrites_it(path: Path, by_renaming: bool) -> None:
    write(path, TEXT)
    waits: list[float] = []

    def sleep(seconds: float) -> None:
        if not waits:
            save_once(path, TEXT.replace("blue", "red"), by_renaming=by_renaming)
        waits.append(seconds)

    HostsFile(path, sleep=sleep).edit({"LaA7ruBs76": AnnotationChange(owner="wang")})
    assert path.read_text() == TEXT.replace("blue", "red").replace('"li"', '"wang"')


def test_what_an_editor_saves_while_the_change_is_prepared_is_kept(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(path, TEXT)
    exchange = files.exchange
    is_saved = False

    def late(target: Path, text: str, expected: bytes | None) -> int | None:
        nonlocal is_saved
        if not is_saved:
            is_saved = True
            save_once(path, TEXT.replace("blue", "red"), by_renaming=True)
        return exchange(target, text, expected)

    monkeypatch.setattr(files, "exchange", late)
    assert edit(path, Pk1=AnnotationChange(owner="li")).count("red") == 1


def test_a_file_that_an_editor_creates_at_the_same_time_is_kept(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    exchange = files.exchange

    def late(target: Path, text: str, expected: bytes | None) -> int | None:
        if not path.exists():
            path.write_text(TEXT)
        return exchange(target, text, expected)

    monkeypatch.setattr(files, "exchange", late)
    assert "# The render farm" in edit(path, Pk1=AnnotationChange(owner="li"))


def test_a_file_that_is_half_written_is_read_when_it_is_complete(path: Path) -> None:
    path.write_text("")

    def sleep(_seconds: float) -> None:
        path.write_text(TEXT)

    file = HostsFile(path, sleep=sleep)
    found = file.read()
    assert found is not None
    assert found.annotations["LaA7ruBs76"] == FIRST


def test_owner_mode_and_symbolic_links_are_preserved(path: Path, tmp_path: Path) -> None:
    target = tmp_path / "checkout" / "team.toml"
    target.parent.mkdir()
    target.write_text(TEXT)
    target.chmod(0o664)
    path.symlink_to(target)
    edit(path, Pk1=AnnotationChange(owner="li"))
    assert path.is_symlink()
    assert target.stat().st_mode & 0o777 == 0o664
    assert 'owner = "li"' in target.read_text()


def test_hard_links_are_preserved(path: Path, tmp_path: Path) -> None:
    write(path, TEXT)
    os.link(path, tmp_path / "other")
    edit(path, Pk1=AnnotationChange(owner="wang"))
    assert 'owner = "wang"' in (tmp_path / "other").read_text()


def test_the_files_of_killed_programs_are_removed(path: Path) -> None:
    write(path, TEXT)
    leftover, swap = path.with_name(".hosts.toml.ab12cd_3"), path.with_name(".hosts.toml.swp")
    leftover.write_text("half")
    swap.write_text("vim")
    edit(path, Pk1=AnnotationChange(owner="li"))
    assert not leftover.exists()
    assert swap.exists()


def test_where_files_cannot_be_exchanged_they_are_replaced(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_swap", lambda _first, _second: False)
    write(path, TEXT)
    assert 'owner = "wang"' in edit(path, Pk1=AnnotationChange(owner="wang"))


def test_a_program_that_waits_too_long_for_the_lock_changes_nothing(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import fcntl

    write(path, TEXT)
    monkeypatch.setattr("xds_tui.config.hosts_file.LOCK_TIMEOUT", 0.05)
    with path.with_name(".hosts.toml.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(SettingsError, match="Another program"):
            edit(path, Pk1=AnnotationChange(owner="li"))
    assert path.read_text() == TEXT


def test_without_a_path_the_annotations_are_in_memory() -> None:
    file = HostsFile(None)
    file.edit({"a": AnnotationChange(alias="x")})
    found = file.read()
    assert found is not None
    assert found.annotations == {"a": Annotation("x")}
    assert file.read() is None


def many(count: int, **more: str) -> str:
    """Return the text of a file with entries for `count` hosts, and further lines in those of `more`."""
    return "".join(
        f'[hosts.{host_id}]\nalias = "render-{number}"\ntags = ["farm", "t{number % 7}"]\n{more.get(host_id, "")}\n'
        for number, host_id in enumerate(f"h{number}" for number in range(count))
    )


def test_a_large_file_is_read_like_a_small_one(path: Path) -> None:
    path.write_text(f"# ours\n{many(450)}")
    content = HostsFile(path).read()
    assert content is not None
    assert dict(content.annotations) == {
        f"h{number}": Annotation(f"render-{number}", tags=("farm", f"t{number % 7}")) for number in range(450)
    }


def test_a_large_file_takes_little_memory_while_it_is_read() -> None:
    content = many(2_000).encode()
    tracemalloc.start()
    parse(content, "hosts.toml")
    _size, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 12 * len(content)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (many(250) + '[hosts.h3]\nowner = "li"\n', 1001),
        (many(250, h240="tags = 3"), 964),
        (many(250) + "[hosts]\n[hosts]\n", 1002),
    ],
    ids=["a host twice", "a key twice", "a table twice"],
)
def test_an_error_in_a_large_file_is_reported_with_its_line(path: Path, text: str, line: int) -> None:
    path.write_text(text)
    with pytest.raises(SettingsError) as raised:
        HostsFile(path).read()
    assert f"hosts.toml:{line}" in raised.value.detail


@pytest.mark.parametrize(
    "text",
    [
        many(150, h99='note = """\n[hosts.h0]\nalias = 1\n"""'),
        many(150) + "[other]\nkey = 1\n",
        many(150) + "[[more]]\nkey = 1\n",
        many(150) + "[hosts.h149.gpu]\nkey = 1\n",
        'hosts.first.alias = "a"\n' + many(150),
        "[hosts]\n" + many(150),
    ],
    ids=["text like a header", "a table", "a list of tables", "a table in a host", "a dotted key", "the table of all"],
)
def test_a_large_file_in_another_form_is_read(path: Path, text: str) -> None:
    path.write_text(text)
    content = HostsFile(path).read()
    assert content is not None
    assert content.annotations["h149"].alias == "render-149"
    assert content.annotations["h0"].alias == "render-0"
