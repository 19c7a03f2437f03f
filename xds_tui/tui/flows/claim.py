"""Accepting or declining the candidate host of an order."""

from __future__ import annotations

from xds_tui.domain.records import Candidate
from xds_tui.fleet.host_claims import HostClaims
from xds_tui.i18n import _
from xds_tui.store.database import StoreError
from xds_tui.store.journal import SettleResult
from xds_tui.text.messages import error_message


async def decide(
    claims: HostClaims, order_id: str, candidate: Candidate, *, is_mine: bool
) -> tuple[tuple[str, ...], bool]:
    """Record the user's decision; return the lines to show, and whether it was recorded."""
    host = candidate.host_name or candidate.host_id
    try:
        if not is_mine:
            await claims.decline_candidate(order_id)
            return (_("{host} will no longer be suggested for this order.").format(host=host),), True
        claimed = await claims.accept_candidate(order_id)
    except KeyError:
        return (_("Nothing was recorded: this order is open in another program, or no longer open."),), False
    except StoreError as error:
        return (_("Nothing was recorded, because the history file could not be written."), error_message(error)), False
    messages = {
        SettleResult.WRITTEN: _("This order is now confirmed by {host}."),
        SettleResult.TAKEN: _("Nothing was recorded: {host} belongs to another order."),
        SettleResult.LATER: _(
            "Nothing was recorded: another program is buying now, and {host} may be its host. Try again in a minute."
        ),
    }
    return (messages[claimed].format(host=host),), claimed is SettleResult.WRITTEN
