"""Purchases that the user has described in config.toml, to be repeated by name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from xds_tui.domain.annotations import AnnotationError, parse_tag
from xds_tui.domain.model import Period, PeriodUnit
from xds_tui.i18n import N_
from xds_tui.structs import dataclass

BAD_TEMPLATE: Final = N_(
    'A template has the texts package, image, billing ("on-demand" or "rent"), and period for rent, and a list of tags'
)

_PERIOD: Final = r"(?ia)(\d{1,3})\s*([a-z]+)"
_UNITS: Final = {unit.name.lower(): unit for unit in PeriodUnit}
_KEYS: Final = frozenset({"package", "image", "billing", "period", "tags"})


@dataclass(frozen=True, slots=True)
class PurchaseTemplate:
    """The goods and tags that a template orders."""

    package: str
    """ID or name."""
    image: str
    """ID or name."""
    period: Period | None = None
    """None: on-demand."""
    tags: tuple[str, ...] = ()


def parse_period(text: str) -> Period | None:
    """Return a period such as `3 months`, or None if `text` is not one."""
    match = re.fullmatch(_PERIOD, text.strip())
    unit = _UNITS.get(match[2].lower().removesuffix("s")) if match else None
    return Period(unit, int(match[1])) if match and unit is not None and int(match[1]) else None


def parse_template(value: object) -> PurchaseTemplate:
    """Return the template that a table of config.toml describes.

    Raises:
        ValueError: if it is not a template.

    """
    if not isinstance(value, Mapping) or not value.keys() <= _KEYS:
        raise ValueError(BAD_TEMPLATE)
    package, image, billing = (value.get(key) for key in ("package", "image", "billing"))
    text, tags = value.get("period"), value.get("tags", [])
    period = parse_period(text) if isinstance(text, str) else None
    is_rent = billing == "rent" if billing is not None else text is not None
    if (
        not (isinstance(package, str) and package and isinstance(image, str) and image)
        or billing not in (None, "on-demand", "rent")
        or (period is not None) is not is_rent
        or (text is not None and period is None)
        or not isinstance(tags, list)
    ):
        raise ValueError(BAD_TEMPLATE)
    try:
        return PurchaseTemplate(package, image, period, tuple(parse_tag(str(tag)) for tag in tags))
    except AnnotationError:
        raise ValueError(BAD_TEMPLATE) from None
