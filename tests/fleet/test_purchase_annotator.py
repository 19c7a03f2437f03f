"""What the user enters at a purchase reaches the host: once, also after a restart, and never over later edits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from support.factories import NOON, a_quote, an_order

from xds_tui.config.hosts_file import HostsFile
from xds_tui.domain.annotations import NO_ANNOTATION, Annotation, AnnotationChange
from xds_tui.domain.records import Order, OrderAction, OrderState
from xds_tui.fleet.annotation_book import AnnotationBook
from xds_tui.fleet.order_requests import new_request, renewed
from xds_tui.fleet.purchase_annotator import PurchaseAnnotator
from xds_tui.store.journal import Journal

WANTED = Annotation("render", "until friday", ("render", "prod"), "li", is_marked=True)


def a_purchase(host_id: str | None = "h1", **fields: object) -> Order:
    order = an_order(action=OrderAction.CREATE, state=OrderState.CONFIRMED, quote=a_quote(), host_id=host_id)
    return replace(order, annotation=WANTED, **fields)  # type: ignore[arg-type]


@pytest.fixture
def book(tmp_path: Path) -> AnnotationBook:
    return AnnotationBook(HostsFile(tmp_path / "hosts.toml"))


def an_annotator(journal: Journal, book: AnnotationBook, earlier: Sequence[Order] = ()) -> PurchaseAnnotator:
    annotator = PurchaseAnnotator(journal, book, lambda: NOON)
    annotator.resume(earlier)
    return annotator


async def test_the_host_of_an_order_gets_what_was_entered(journal: Journal, book: AnnotationBook) -> None:
    annotator = an_annotator(journal, book)
    await annotator.annotate([a_purchase(None)])
    assert book.annotations == {}
    await annotator.annotate([a_purchase()])
    assert book.find("h1") == WANTED


async def test_later_edits_are_not_overwritten_in_this_run_and_after_a_restart(
    journal: Journal, book: AnnotationBook
) -> None:
    annotator = an_annotator(journal, book)
    await annotator.annotate([a_purchase()])
    await book.edit({"h1": AnnotationChange(alias="", removed_tags=("prod",), is_marked=False)})
    await annotator.annotate([a_purchase()])
    await an_annotator(journal, book, [a_purchase()]).annotate([])
    assert book.find("h1") == Annotation("", "until friday", ("render",), "li")


async def test_an_order_that_ended_just_before_the_program_is_caught_up(journal: Journal, book: AnnotationBook) -> None:
    old = a_purchase("h2", id="old", created_at=NOON - timedelta(days=8))
    await an_annotator(journal, book, [a_purchase(), old]).annotate([])
    assert book.find("h1") == WANTED
    assert book.find("h2") is NO_ANNOTATION


async def test_what_the_host_has_already_is_kept(journal: Journal, book: AnnotationBook) -> None:
    await book.edit({"h1": AnnotationChange(alias="mine", added_tags=("x",))})
    await an_annotator(journal, book).annotate([a_purchase()])
    assert book.find("h1") == replace(WANTED, alias="mine", tags=("x",))


async def test_a_file_that_cannot_be_written_is_tried_again(
    journal: Journal, book: AnnotationBook, tmp_path: Path
) -> None:
    annotator = an_annotator(journal, book)
    (tmp_path / "hosts.toml").write_text("[hosts.x")
    await annotator.annotate([a_purchase()])
    (tmp_path / "hosts.toml").write_text("")
    await annotator.annotate([a_purchase()])
    assert book.find("h1") == WANTED


def test_several_orders_get_numbered_names_and_keep_them_when_repeated() -> None:
    orders = new_request("job", OrderAction.CREATE, NOON, quote=a_quote(), count=2, annotation=WANTED)
    assert [order.annotation.alias for order in orders] == ["render-1", "render-2"]
    assert renewed(orders[1], NOON).annotation == orders[1].annotation


async def test_an_order_keeps_its_annotation_in_the_journal(journal: Journal) -> None:
    await journal.write_orders([a_purchase()])
    assert [order.annotation for order in await journal.orders(1)] == [WANTED]
