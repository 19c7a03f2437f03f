"""The tables of caps in config.toml."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from xds_tui.config.settings import Arguments, Settings, load
from xds_tui.domain.caps import Cap, CapPeriod


def loaded(tmp_path: Path, text: str) -> Settings:
    path = tmp_path / "config.toml"
    path.write_text(text)
    return load(Arguments(), {}, config_path=path)


def test_caps_are_read(tmp_path: Path) -> None:
    settings = loaded(
        tmp_path,
        '[caps.all]\nper_hour = 12.5\nper_day = 100\nper_month = 0\n[caps.li]\nhosts = "owner:li"\nper_day = 1\n',
    )
    assert (settings.problems, settings.read_only) == ((), False)
    limits = {CapPeriod.HOUR: Decimal("12.5"), CapPeriod.DAY: Decimal(100), CapPeriod.MONTH: Decimal(0)}
    assert settings.caps == (Cap("all", "", limits), Cap("li", "owner:li", {CapPeriod.DAY: Decimal(1)}))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[caps.all]", "A cap needs one of: per_hour, per_day, per_month"),
        ("[caps]\nall = 10", "A cap is a table of keys"),
        ("[caps.all]\nper_hours = 10\nper_day = 1", "A cap has no key per_hours"),
        ('[caps.all]\nper_hour = "10"', "A limit is a number of CNY"),
        ("[caps.all]\nper_hour = -1", "A limit is a number of CNY"),
        ("[caps.all]\nper_hour = nan", "A limit is a number of CNY"),
        ("[caps.all]\nper_hour = true", "A limit is a number of CNY"),
        ('[caps.all]\nper_hour = 1\nhosts = "everything"', "everything: a rule is tag:NAME"),
        ("[caps.all]\nper_hour = 1\nhosts = 3", "This must be a string"),
        ("caps = 3", "This must be a table"),
    ],
)
def test_a_cap_that_cannot_be_read_makes_the_program_read_only(tmp_path: Path, text: str, problem: str) -> None:
    settings = loaded(tmp_path, f"{text}\n")
    assert (settings.caps, settings.read_only) == ((), True)
    (found,) = settings.problems
    assert problem in found.fill(found.summary)
