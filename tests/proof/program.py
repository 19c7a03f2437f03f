"""The program as it runs in a process of `command_process`: its requests carry the IDs of their orders as tags."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from unittest import mock

from tests.simulator_faults.request_tags import note_sending, tag_requests
from xds_tui.cli.commands import history, listing, order_commands  # noqa: F401 - imported before processes are forked
from xds_tui.cli.main import main
from xds_tui.domain.records import Order
from xds_tui.store.journal import Journal


def run(arguments: Sequence[str]) -> int:
    """Run the program with `arguments`, and return its exit code."""
    tag_requests()
    write = Journal.write_orders

    async def write_and_note(journal: Journal, orders: Iterable[Order]) -> None:
        orders = tuple(orders)
        await write(journal, orders)
        note_sending(orders)

    with mock.patch.object(Journal, "write_orders", write_and_note):
        try:
            return main(arguments)
        except SystemExit as end:  # of argparse
            return int(end.code or 0)
