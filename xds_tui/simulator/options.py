"""How the simulated service behaves where the documents leave it open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from xds_tui.simulator.catalog_data import PackageSpec

DOCUMENT: Final = "document"
LATER: Final = "later"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """One reading of the documents; times are in seconds."""

    dialect: str = LATER
    """`document`: as the host rental document has it; `later`: as its later revision does."""
    seed: int = 7
    """What everything random comes from: names, tokens, and how long a host takes."""
    extra_packages: tuple[PackageSpec, ...] = ()
    """Packages that are sold besides those of `goods`."""
    hosts: int = 40
    """How many hosts whoever builds the world is to give it."""
    auth_status: int = 200
    """The HTTP status that refuses a token."""
    auth_code: int | None = 401
    """The code that refuses a token, such as 2000, 2001, 501 or 502; None: `msg` alone, and only the status tells."""
    error_status: int = 200
    """The HTTP status that carries every other code but 0."""
    time_resolution: int = 1
    """Milliseconds to which times are cut off; 1000: whole seconds, as in every example of the documents."""
    clock_offset: float = 0.0
    """How far the service's clock is ahead."""
    token_seconds: float = 1800.0
    """How long a token lives."""
    single_token: bool = False
    """Whether minting a token ends the account's older ones."""
    same_token: bool = False
    """Whether getToken answers the token that the account has, with what is left of its time."""
    create_answers_true: bool | None = None
    """Whether createquantity answers `true` instead of the host's ID; None: as the dialect has it."""
    starts_created: bool = False
    """Whether a created host starts by itself; the document's examples show status 0."""
    enters_list_after: float = 0.0
    """Seconds until a created host is in the list and in `one`."""
    leaves_list_after: float = 0.0
    """Seconds until a deleted host is in neither."""
    processing: float = 0.0
    """Seconds in which a second create of the same pair is refused with 1005."""
    queue_full: bool = False
    """Whether creates are refused with 6005."""
    missing: str = "code"
    """What `one/{id}` answers for a host that is not there: `code` (1021, in the document 1001) or `null`."""
    oversized_page: str = "cut"
    """What a page size over 25 meets: `cut` or `error`."""
    empty_page: str = "list"
    """What a page without hosts holds: `list`, which is `[]`, or `null`."""
    totals_as_text: bool = False
    """Whether `totalCounts` is sent as a string, as the document's table says."""
