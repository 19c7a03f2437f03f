"""The architecture rules that a machine can check: imports, names, sizes and language. See ARCHITECTURE.md."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Final

import pytest
from support import rules
from support.source import Module, modules

ROOT = Path(__file__).parents[1]


def test_the_import_contracts_are_kept() -> None:
    command = Path(sys.executable).parent / "lint-imports"
    ended = subprocess.run([command, "--no-logo"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout


@pytest.mark.parametrize(
    ("code", "unwanted"),
    [
        (
            "import xds_tui.cli.main",
            {"textual", "rich", "httpx", "keyring", "starlette", "uvicorn", "sqlite3", "msgspec"},
        ),
        ("import xds_tui.simulator.demo_fleet", {"textual", "httpx", "starlette", "uvicorn", "msgspec"}),
        ("import xds_tui.tui.app", {"httpx", "keyring", "starlette", "uvicorn"}),
        ("import xds_tui.fleet.monitor", {"textual", "rich", "httpx", "keyring", "starlette"}),
        ("import xds_tui.api.errors, xds_tui.api.decode", {"textual", "rich", "httpx", "keyring"}),
    ],
)
def test_importing_brings_no_more_than_is_needed(code: str, unwanted: set[str]) -> None:
    listing = subprocess.run(
        [sys.executable, "-c", f"{code}; import sys; print(*sys.modules)"], capture_output=True, text=True, check=True
    ).stdout
    assert unwanted.isdisjoint(listing.split())


MODULES: Final = modules()

# Violations that remain. Remove an entry when it is mended; add none.

ALLOWED: Final[dict[Callable[[Collection[Module]], set[str]], set[str]]] = {
    # Nouns in spite of their ending, and the fields' own terms.
    rules.participle_names: {"billing", "filtering", "gc_tuning", "host_listing", "keyring", "listing", "pricing"},
    rules.repeated_class_names: set(),
    rules.long_modules: set(),
    rules.long_classes: {"Matching"},
    rules.long_functions: {"match_orders"},
    rules.small_modules_of_one_importer: {
        "xds_tui.domain.create_evidence",  # the evidence of the clock offset, apart from the matcher at its limit
        "xds_tui.tui.flows.claim",
        "xds_tui.tui.runtime.gc_tuning",
        "xds_tui.tui.textual_compat.web_driver",  # a patch of Textual, and thus in textual_compat
    },
}
MAX_DIALECT_LINES: Final = 33
MAX_VAGUE_DOCSTRINGS: Final = 2
"""Numbers that may only fall: lower them with every correction."""


@pytest.mark.parametrize("rule", ALLOWED, ids=lambda rule: rule.__name__)
def test_no_rule_has_new_violations(rule: Callable[[Collection[Module]], set[str]]) -> None:
    assert rule(MODULES) - ALLOWED[rule] == set()


def test_a_translatable_text_occurs_in_one_module_only() -> None:
    assert rules.shared_texts(MODULES) == set()


def test_words_of_the_old_dialect_do_not_come_back() -> None:
    assert rules.dialect_lines(MODULES) <= MAX_DIALECT_LINES


def test_docstrings_begin_with_a_verb_or_a_noun() -> None:
    vague = rules.vague_docstrings(MODULES)
    assert len(vague) <= MAX_VAGUE_DOCSTRINGS, vague


def test_every_module_has_a_docstring() -> None:
    assert [module.path for module in MODULES if not module.text.startswith('"""')] == []


def class_of(lines: int) -> str:
    return "class Long:\n" + "    x = 1\n" * lines


def function_of(lines: int) -> str:
    return "def too_long():\n" + "    x = 1\n" * lines


VIOLATIONS: Final[dict[Callable[[Collection[Module]], object], tuple[dict[str, str], object]]] = {
    rules.participle_names: ({"telling.py": ""}, {"telling"}),
    rules.repeated_class_names: ({"a.py": "class Twice: ...", "b.py": "class Twice: ..."}, {"Twice"}),
    rules.long_modules: ({"a.py": "x = 1\n" * 401}, {"xds_tui.a"}),
    rules.long_classes: ({"a.py": class_of(300)}, {"Long"}),
    rules.long_functions: ({"a.py": function_of(40)}, {"too_long"}),
    rules.small_modules_of_one_importer: ({"a.py": "", "b.py": "from xds_tui import a"}, {"xds_tui.a"}),
    rules.shared_texts: ({"a.py": "_('Delete')", "b.py": "N_('Delete')"}, {"Delete"}),
    rules.dialect_lines: ({"a.py": "# Nobody is told."}, 1),
    rules.vague_docstrings: ({"a.py": '"""What is shown."""'}, ["What is shown."]),
}


@pytest.mark.parametrize("rule", VIOLATIONS, ids=lambda rule: rule.__name__)
def test_each_rule_reports_a_violation(tmp_path: Path, rule: Callable[[Collection[Module]], object]) -> None:
    files, expected = VIOLATIONS[rule]
    package = tmp_path / "xds_tui"
    package.mkdir()
    for name, text in files.items():
        (package / name).write_text(text)
    assert rule(modules(tmp_path)) == expected


@pytest.mark.parametrize("rule", VIOLATIONS, ids=lambda rule: rule.__name__)
def test_each_rule_accepts_what_is_within_its_limits(
    tmp_path: Path, rule: Callable[[Collection[Module]], object]
) -> None:
    package = tmp_path / "xds_tui"
    package.mkdir()
    (package / "a.py").write_text('"""A module."""\n' + class_of(299) + "\n" + function_of(39))
    assert not rule(modules(tmp_path))
