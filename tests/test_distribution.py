"""The wheel and the sdist as Hatchling builds them from this tree."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from email.message import Message
from email.parser import Parser
from pathlib import Path
from typing import Final

import pytest
from tools.hatch_build import index_description

from xds_tui import __version__

ROOT: Final = Path(__file__).parents[1]
PROJECT: Final = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
MAX_DEPENDENCIES: Final = 8


def build(folder: Path, source: Path = ROOT) -> tuple[Path, Path]:
    """Build both distributions of `source` into `folder`; return the wheel and the sdist."""
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(folder), "-t", "sdist", "-t", "wheel"]
    subprocess.run(command, cwd=source, check=True, capture_output=True)
    (wheel,), (sdist,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    return wheel, sdist


@pytest.fixture(scope="module")
def distributions(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return build(tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="module")
def wheel(distributions: tuple[Path, Path]) -> zipfile.ZipFile:
    return zipfile.ZipFile(distributions[0])


def metadata(wheel: zipfile.ZipFile) -> Message:
    return Parser().parsestr(wheel.read(f"xds_tui-{__version__}.dist-info/METADATA").decode())


def test_two_builds_are_identical_to_the_bit(distributions: tuple[Path, Path], tmp_path: Path) -> None:
    again = build(tmp_path)
    assert [path.read_bytes() for path in again] == [path.read_bytes() for path in distributions]


def test_the_wheel_has_what_the_program_reads_and_no_more(wheel: zipfile.ZipFile) -> None:
    names = set(wheel.namelist())
    code = {path.relative_to(ROOT).as_posix() for path in (ROOT / "xds_tui").rglob("*.py")}
    assert code <= names
    assert "xds_tui/locales/zh_CN/LC_MESSAGES/xds_tui.mo" in names
    assert {Path(name).suffix for name in names if name.startswith("xds_tui/")} <= {
        ".mo", ".md", ".py", ".tcss", ".toml", ".typed",
    }  # fmt: skip
    assert f"xds_tui-{__version__}.dist-info/licenses/LICENSE" in names


def test_the_wheel_has_a_man_page_about_every_command(wheel: zipfile.ZipFile, tmp_path: Path) -> None:
    page = wheel.read(f"xds_tui-{__version__}.data/data/share/man/man1/xds-tui.1").decode()
    for name in ("hosts", "doctor", "manual", "create"):
        assert f'.SH "xds-tui {name}"' in page
    assert "\\-\\-debug FILE" in page
    if shutil.which("man"):
        path = tmp_path / "xds-tui.1"
        path.write_text(page, encoding="utf-8")
        shown = subprocess.run(["man", "--warnings", "-l", path], capture_output=True, text=True, check=True)
        assert "xds-tui hosts [OPTIONS]" in shown.stdout
        assert shown.stderr == ""


def test_the_sdist_has_all_that_the_tests_need(distributions: tuple[Path, Path], tmp_path: Path) -> None:
    # Debian bookworm's Python 3.11.2 cannot filter what it extracts, and newer ones warn without a filter.
    subprocess.run(["tar", "-xzf", distributions[1], "-C", tmp_path], check=True)
    tracked = {
        path.relative_to(ROOT).as_posix()
        for folder in ("xds_tui", "tests", "screenshots", ".ci")
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and path.suffix != ".pyc" and path.name != "snapshot_report.html"
    }
    (unpacked,) = tmp_path.iterdir()
    there = {path.relative_to(unpacked).as_posix() for path in unpacked.rglob("*")}
    assert tracked | {"LICENSE", "SECURITY.md"} <= there
    rebuilt, _sdist = build(tmp_path / "rebuilt", unpacked)
    assert rebuilt.read_bytes() == distributions[0].read_bytes()


def test_the_version_is_the_newest_of_the_changelog() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.findall(r"^## (\S+)", changelog, re.MULTILINE)[0] == __version__


def test_the_direct_dependencies_are_few_and_each_is_explained() -> None:
    dependencies = PROJECT["dependencies"]
    assert len(dependencies) <= MAX_DEPENDENCIES
    lines = (ROOT / "pyproject.toml").read_text(encoding="utf-8").splitlines()
    for dependency in dependencies:
        assert "<" in dependency, dependency
        assert ">=" in dependency, dependency
        assert lines[lines.index(f'  "{dependency}",') - 1].startswith("  # "), dependency


def test_published_metadata_pins_nothing_exactly(wheel: zipfile.ZipFile) -> None:
    assert [line for line in metadata(wheel).get_all("Requires-Dist", []) if "==" in line.partition(";")[0]] == []


def test_constraints_satisfy_the_ranges_and_have_no_extras() -> None:
    pins = (ROOT / "tests" / "constraints.txt").read_text(encoding="utf-8")
    for requirement in (*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["test"]):
        name = re.match(r"[\w-]+", requirement)
        assert name
        if name[0] != "xds-tui":
            assert re.search(rf"^{name[0]}==", pins, re.MULTILINE), name[0]
    assert not re.search(r"^[\w-]+\[", pins, re.MULTILINE)  # pip rejects constraints with extras


def test_the_description_on_a_package_index_has_no_dead_links(wheel: zipfile.ZipFile) -> None:
    message = metadata(wheel)
    assert message["Description-Content-Type"] == "text/markdown"
    text = str(message.get_payload())
    assert "## " in text
    assert re.findall(r"\]\((?!https?://|#)[^)]*\)", text) == []


def test_links_lead_to_the_repository_once_it_has_an_address() -> None:
    readme = "![Hosts](screenshots/a.png)\n\n[manual](xds_tui/manual/en/keys.md) [above](#keys) [x](https://x.test)\n"
    assert index_description(readme, "https://code.test/x") == (
        "![Hosts](https://code.test/x/raw/main/screenshots/a.png)\n\n"
        "[manual](https://code.test/x/blob/main/xds_tui/manual/en/keys.md) [above](#keys) [x](https://x.test)\n"
    )
    assert index_description(readme, "") == "manual [above](#keys) [x](https://x.test)\n"
