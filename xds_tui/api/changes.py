"""The requests that change something, as they are sent: the client sends them, and `--dry-run` shows them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlencode

from xds_tui.api.errors import NotSent
from xds_tui.api.json_fields import is_identity
from xds_tui.domain.model import Period
from xds_tui.domain.records import Order, OrderAction
from xds_tui.domain.rejections import Call
from xds_tui.i18n import N_

READ_ONLY: Final = N_("Nothing can be changed in read-only mode")

PREFIX: Final = "/v1/pve/open/"
"""Path of every endpoint of the host rental document, after the service's address."""


@dataclass(frozen=True, slots=True)
class ChangeRequest:
    """A request that changes something."""

    call: Call
    method: str
    path: str
    """After `PREFIX`, quoted."""
    query: Mapping[str, int] | None = None
    body: Mapping[str, str | int] | None = None
    """Sent as JSON."""

    def url(self, base_url: str) -> str:
        """Return the URL at the service with this address."""
        query = f"?{urlencode(self.query)}" if self.query else ""
        return f"{base_url.rstrip('/')}{PREFIX}{self.path}{query}"


def create_on_demand(package_id: str, image_id: str) -> ChangeRequest:
    """Return the request that buys a host by the hour."""
    body = {"packageId": package_id, "imageId": image_id}
    return ChangeRequest(Call.CREATE_ON_DEMAND, "POST", "createquantity", body=body)


def create_rent(package_id: str, image_id: str, period: Period) -> ChangeRequest:
    """Return the request that buys a host for `period`."""
    body: dict[str, str | int] = {
        "packageId": package_id,
        "imageId": image_id,
        "periodNumber": period.number,
        "periodType": period.unit.value,
    }
    return ChangeRequest(Call.CREATE_RENT, "POST", "createRent", body=body)


def power(host_id: str, on: bool) -> ChangeRequest:
    """Return the request that starts or stops a host; raises `NotSent` if the ID cannot be part of a path."""
    return ChangeRequest(Call.POWER, "GET", f"operate/{segment(host_id)}", query={"type": int(on)})


def reboot(host_id: str) -> ChangeRequest:
    """Return the request that reboots a host; raises as `power`."""
    return ChangeRequest(Call.REBOOT, "GET", f"reboot/{segment(host_id)}")


def delete(host_id: str) -> ChangeRequest:
    """Return the request that deletes a host; raises as `power`."""
    return ChangeRequest(Call.DELETE, "DELETE", f"delete/{segment(host_id)}")


def request_of(order: Order) -> ChangeRequest:
    """Return the request that is sent for `order`.

    Raises:
        NotSent: if the host's ID cannot be part of a path.
        ValueError: for a create without a quote.

    """
    host_id = order.host_id or ""
    match order.action:
        case OrderAction.POWER_ON | OrderAction.POWER_OFF:
            return power(host_id, order.action is OrderAction.POWER_ON)
        case OrderAction.REBOOT:
            return reboot(host_id)
        case OrderAction.DELETE:
            return delete(host_id)
    if order.quote is None:
        raise ValueError("a create without a quote")
    package_id, image_id = order.quote.package.id, order.quote.image.id
    if order.quote.period is None:
        return create_on_demand(package_id, image_id)
    return create_rent(package_id, image_id, order.quote.period)


def segment(host_id: str) -> str:
    """Return a host's ID as one segment of a path.

    Raises:
        NotSent: if it would not stay one.

    """
    if not is_identity(host_id) or host_id in (".", ".."):
        raise NotSent(N_("The ID of this host contains characters that cannot be sent"))
    return quote(host_id, safe="")
