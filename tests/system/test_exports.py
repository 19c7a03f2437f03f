from __future__ import annotations

from pathlib import Path

import pytest

from xds_tui.system.exports import FileWriteError, write_export


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
