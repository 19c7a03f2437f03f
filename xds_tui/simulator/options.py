"""Options for behavior of the service that the documents leave open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from xds_tui.simulator.catalog_data import PackageSpec

DOCUMENT: Final = "document"
LATER: Final = "later"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """One interpretation of the documents; times are in seconds."""

    dialect: str = LATER
    """`document`: the host rental document; `later`: its later revision."""
    seed: int = 7
    """Seed of everything random: names, tokens, and durations."""
    extra_packages: tuple[PackageSpec, ...] = ()
    """Packages in addition to those of `catalog_data`."""
    hosts: int = 40
    """Number of hosts to add to the world."""
    auth_status: int = 200
    """The HTTP status for a rejected token."""
    auth_code: int | None = 401
    """The code for a rejected token, such as 2000, 2001, 501 or 502; None for a response without a code."""
    error_status: int = 200
    """The HTTP status for other codes than 0."""
    time_resolution: int = 1
    """Resolution of times in milliseconds; 1000 for whole seconds, as in the examples of the documents."""
    clock_offset: float = 0.0
    """Seconds by which the clock of the service is ahead."""
    token_seconds: float = 1800.0
    """Lifetime of a token."""
    single_token: bool = False
    """Whether a new token invalidates the older tokens of the account."""
    same_token: bool = False
    """Whether getToken returns the current token of the account with its remaining lifetime."""
    create_answers_true: bool | None = None
    """Whether createquantity returns `true` instead of the ID of the host; None for the default of the dialect."""
    starts_created: bool = False
    """Whether a new host starts automatically; the examples of the document show status 0."""
    enters_list_after: float = 0.0
    """Seconds until a new host is in the list and in `one`."""
    leaves_list_after: float = 0.0
    """Seconds until a deleted host disappears from both."""
    processing: float = 0.0
    """Seconds during which a second create of the same pair is rejected with 1005."""
    queue_full: bool = False
    """Whether creates are rejected with 6005."""
    missing: str = "code"
    """Response of `one/{id}` for a missing host: `code` (1021, in the document 1001) or `null`."""
    oversized_page: str = "cut"
    """Effect of a page size over 25: `cut` or `error`."""
    empty_page: str = "list"
    """Content of a page without hosts: `list`, which is `[]`, or `null`."""
    totals_as_text: bool = False
    """Whether `totalCounts` is sent as a string, as the document's table says."""
