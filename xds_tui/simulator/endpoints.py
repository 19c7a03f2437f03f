"""The endpoints of the host rental document, without HTTP (see `http_app`)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from xds_tui.simulator.accounts import Account
from xds_tui.simulator.billing import PERIOD_SECONDS
from xds_tui.simulator.catalog_data import IMAGES, PACKAGES
from xds_tui.simulator.error_codes import Code, ServiceError
from xds_tui.simulator.options import DOCUMENT
from xds_tui.simulator.world import World

MAX_PAGE_SIZE: Final = 25


@dataclass(frozen=True, slots=True)
class Parameters:
    """The parameters of a request."""

    path: Mapping[str, str]
    query: Mapping[str, str]
    body: Mapping[str, object]
    tag: str = ""
    """The header `X-Request-Tag`, which only tests send."""

    def flag(self, name: str) -> bool:
        """Return a `0` or `1` of the query as a bool."""
        return self._query_text(name, "[01]") == "1"

    def count(self, name: str) -> int:
        """Return a whole number of the query, from 1."""
        return int(self._query_text(name, "0*[1-9][0-9]{0,5}"))

    def _query_text(self, name: str, pattern: str) -> str:
        text = self.query.get(name)
        if text is None:
            raise ServiceError(Code.PARAMETER_MISSING)
        if not re.fullmatch(pattern, text):
            raise ServiceError(Code.NO_PERMISSION)
        return text


class Endpoints:
    """One method per endpoint: takes the caller and the parameters, returns the `data` or raises `ServiceError`."""

    def __init__(self, world: World) -> None:
        self._world = world

    def get_token(self, parameters: Parameters) -> object:
        """`POST auth/getToken`: a token for an account ID and its secret. The only endpoint that needs no token."""
        token, seconds = self._world.tokens.sign_in(parameters.body.get("uuid"), parameters.body.get("secret"))
        return {"token": token, "effectiveTime": round(seconds * 1000)}

    def images(self, account: Account, parameters: Parameters) -> object:
        """`GET pve/open/image`: every image."""
        return [image.row() for image in IMAGES]

    def packages(self, account: Account, parameters: Parameters) -> object:
        """`GET pve/open/packAge/{type}`: the packages sold on demand (`0`) or as a rent (`1`)."""
        billing = parameters.path["type"]
        if billing not in ("0", "1"):
            raise ServiceError(Code.NO_PERMISSION)
        options, is_rent = self._world.options, billing == "1"
        packages = (*PACKAGES, *options.extra_packages)
        return [package.row(options.dialect) for package in packages if package.is_sold(rented=is_rent)]

    def create_on_demand(self, account: Account, parameters: Parameters) -> object:
        """`POST pve/open/createquantity`: `true` as the document has it, the host's ID in the later dialect."""
        host = self._world.create(
            account, parameters.body.get("packageId"), parameters.body.get("imageId"), None, parameters.tag
        )
        options = self._world.options
        answers_true = options.create_answers_true
        if answers_true is None:
            answers_true = options.dialect == DOCUMENT
        return True if answers_true else host.id

    def create_rent(self, account: Account, parameters: Parameters) -> object:
        """`POST pve/open/createRent`: the host's ID."""
        period = _period(parameters.body.get("periodNumber"), parameters.body.get("periodType"))
        package_id, image_id = parameters.body.get("packageId"), parameters.body.get("imageId")
        return self._world.create(account, package_id, image_id, period, parameters.tag).id

    def power(self, account: Account, parameters: Parameters) -> object:
        """`GET pve/open/operate/{id}?type=`: `true` if the host will be started (`1`) or stopped (`0`)."""
        self._world.power(account, parameters.path["id"], on=parameters.flag("type"))
        return True

    def reboot(self, account: Account, parameters: Parameters) -> object:
        """`GET pve/open/reboot/{id}`: `true` if the host will be rebooted."""
        self._world.reboot(account, parameters.path["id"])
        return True

    def one(self, account: Account, parameters: Parameters) -> object:
        """`GET pve/open/one/{id}`: the host; null or an error if there is none."""
        options, host_id = self._world.options, parameters.path["id"]
        if options.missing == "null" and self._world.find(host_id, account.uuid) is None:
            return None
        return self._world.one(host_id, account.uuid).row(options, page=False)

    def page(self, account: Account, parameters: Parameters) -> object:
        """`GET pve/open/mypage?page=&pageSize=`: the hosts of one page, newest first, and how many there are."""
        options = self._world.options
        page, size = parameters.count("page"), parameters.count("pageSize")
        if size > MAX_PAGE_SIZE and options.oversized_page == "error":
            raise ServiceError(Code.NO_PERMISSION)
        size = min(size, MAX_PAGE_SIZE)
        hosts = self._world.listed(account.uuid)
        rows = [host.row(options, page=True) for host in hosts[(page - 1) * size : page * size]]
        data = None if options.empty_page == "null" and not rows else rows
        return {"data": data, "totalCounts": str(len(hosts)) if options.totals_as_text else len(hosts)}

    def delete(self, account: Account, parameters: Parameters) -> object:
        """`DELETE pve/open/delete/{id}`: whether the host was deleted."""
        return self._world.delete(account, parameters.path["id"])


def _period(number: object, unit: object) -> tuple[int, int]:
    """The number and the type of a rent's periods, both as whole numbers."""
    if number is None or unit is None:
        raise ServiceError(Code.PARAMETER_MISSING)
    # A bool is an int to Python, but not to the service.
    if type(number) is not int or type(unit) is not int or number < 1 or unit not in range(len(PERIOD_SECONDS)):
        raise ServiceError(Code.NO_PERMISSION)
    return number, unit
