"""The output of `--dry-run`: the exact requests, and what nothing would be sent for."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from xds_tui.api import changes
from xds_tui.api.changes import ChangeRequest
from xds_tui.cli import output
from xds_tui.cli.outcome import Skipped
from xds_tui.domain.records import Order
from xds_tui.domain.sanitize import clean
from xds_tui.i18n import _
from xds_tui.text import export


def write_plan(
    base_url: str,
    orders: Sequence[Order],
    skipped: Sequence[Skipped],
    *,
    lines: Sequence[str] = (),
    facts: Mapping[str, object] | None = None,
    as_json: bool,
) -> None:
    """Write what would be sent for `orders` to standard output.

    Args:
        base_url: the service's address.
        orders: what would be ordered.
        skipped: the hosts that would be left out.
        lines: the estimate, in the chosen language.
        facts: the estimate, as fields of the JSON object.
        as_json: write one JSON object.

    Raises:
        NotSent: if an order cannot be sent.
        OutputError: if standard output cannot be written.

    """
    requests = [changes.request_of(order) for order in orders]
    if as_json:
        output.write_json(_json(base_url, requests, skipped, facts or {}))
        return
    text = [_("Dry run. These requests would be sent:")] if requests else [_("Dry run. Nothing would be sent.")]
    for request in requests:
        text.append(f"{request.method} {request.url(base_url)}")
        if request.body is not None:
            text.append(f"  {json.dumps(request.body)}")
    text += lines
    if skipped:
        text.append(_("Skipped:"))
        text += [f"  {host.host.name or host.host.id} ({host.host.id}): {_(host.reason)}" for host in skipped]
    output.write("".join(f"{clean(line)}\n" for line in text))


def _json(
    base_url: str, requests: Sequence[ChangeRequest], skipped: Sequence[Skipped], facts: Mapping[str, object]
) -> str:
    plan = {
        "requests": [
            {"method": request.method, "url": request.url(base_url), "body": request.body} for request in requests
        ],
        "left_out": [{"id": host.host.id, "name": host.host.name, "reason": host.reason} for host in skipped],
        **facts,
    }
    return f"{export.to_json_object(plan)}\n"
