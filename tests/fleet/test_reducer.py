from __future__ import annotations

import ast
import inspect
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.factories import NOON, a_host, a_package, a_snapshot, an_order, catalog_of

from xds_tui.api.errors import ApiError, BadResponse, NotSent, Rejected, SignedOut
from xds_tui.auth.keyring_errors import CredentialStoreError, KeyringProblem
from xds_tui.domain.annotations import NO_ANNOTATION, Annotation
from xds_tui.domain.model import Absence, Host, Snapshot, Status
from xds_tui.domain.records import Doubt, Event, EventKind, OrderAction, OrderState
from xds_tui.fleet import reducer
from xds_tui.fleet.host_listing import HostListing
from xds_tui.fleet.reducer import MAX_RECENT_EVENTS
from xds_tui.fleet.state import ConnectionState, FleetState, OrderContext, Progress

LATER = NOON + timedelta(seconds=15)
NO_ORDERS = OrderContext()
UNREACHABLE = NotSent("The service cannot be reached")
RUNNING = a_host(status=Status.ON)


def a_state(*hosts: Host, **fields: object) -> FleetState:
    return replace(FleetState(ConnectionState.LIVE, snapshot=a_snapshot(*hosts)), **fields)  # type: ignore[arg-type]


def a_listing(*hosts: Host, unreadable: int = 0) -> HostListing:
    return HostListing(a_snapshot(*hosts, at=LATER), unreadable)


def kinds(events: tuple[Event, ...]) -> list[EventKind]:
    return [event.kind for event in events]


# Listings


def test_a_first_listing_shows_the_hosts_and_reports_nothing() -> None:
    state, events = reducer.after_listing(FleetState(), a_listing(RUNNING, unreadable=2), NO_ORDERS, LATER)
    assert state.snapshot is not None
    assert state.snapshot.hosts == (RUNNING,)
    assert (state.connection, state.unreadable, state.progress, events) == (ConnectionState.LIVE, 2, None, ())


def test_a_listing_reports_each_change_and_flags_alerts() -> None:
    before = a_state(RUNNING, a_host(id="h2", status=Status.ON))
    state, events = reducer.after_listing(before, a_listing(a_host(status=Status.OFF)), NO_ORDERS, LATER)
    assert [(event.kind, event.host_id, event.alert) for event in events] == [
        (EventKind.STATUS, "h1", True),
        (EventKind.GONE, "h2", True),
    ]
    assert state.events == events[::-1]


def test_an_inconsistent_listing_keeps_the_hosts_that_it_does_not_show() -> None:
    missing = a_host(id="h2")
    kept = Snapshot((RUNNING, missing), LATER, is_complete=False, unlisted={"h2": Absence(LATER, is_confirmed=False)})
    state, events = reducer.after_listing(a_state(RUNNING, missing), HostListing(kept, 0), NO_ORDERS, LATER)
    assert (state.snapshot, events) == (kept, ())


def test_a_listing_ends_an_error_and_reports_that_first() -> None:
    before = a_state(RUNNING, connection=ConnectionState.ERROR, error=UNREACHABLE, retry_at=LATER)
    state, events = reducer.after_listing(before, a_listing(), NO_ORDERS, LATER)
    assert (state.connection, state.error, state.retry_at) == (ConnectionState.LIVE, None, None)
    assert kinds(events) == [EventKind.RECOVERED, EventKind.GONE]


def test_a_listing_while_paused_stays_paused() -> None:
    state, _events = reducer.after_listing(a_state(), a_listing(), NO_ORDERS, LATER, is_paused=True)
    assert state.connection is ConnectionState.PAUSED


@pytest.mark.parametrize("is_superseded", [True, False])
def test_the_progress_of_a_refresh_requested_meanwhile_stays(is_superseded: bool) -> None:
    before = a_state(progress=Progress())
    state, _events = reducer.after_listing(before, a_listing(), NO_ORDERS, LATER, is_superseded=is_superseded)
    assert state.progress == (Progress() if is_superseded else None)


@pytest.mark.parametrize(
    ("hosts", "expected"),
    [((a_host(id="theirs"),), []), ((RUNNING, a_host(id="new")), [EventKind.APPEARED])],
    ids=["another account", "the same account"],
)
def test_a_listing_that_shares_no_host_may_be_of_another_account(
    hosts: tuple[Host, ...], expected: list[EventKind]
) -> None:
    listing = a_listing(*hosts)
    state, events = reducer.after_listing(a_state(RUNNING), listing, NO_ORDERS, LATER, may_be_other_account=True)
    assert (state.snapshot, kinds(events)) == (listing.snapshot, expected)


def test_a_change_that_an_order_explains_is_own_and_no_alert() -> None:
    stop = an_order(action=OrderAction.POWER_OFF, state=OrderState.ACCEPTED, sent_at=NOON, host_id="h1")
    listing = a_listing(a_host(status=Status.OFF))
    _state, (event,) = reducer.after_listing(a_state(RUNNING), listing, OrderContext((stop,)), LATER)
    assert (event.own, event.alert) == (True, False)


def test_a_rejected_order_that_was_carried_out_is_an_alert_once() -> None:
    stop = an_order(action=OrderAction.POWER_OFF, state=OrderState.REJECTED, sent_at=NOON, host_id="h1")
    orders, state = OrderContext((stop,)), a_state(RUNNING)
    state, events = reducer.after_listing(state, a_listing(a_host(status=Status.STOPPING)), orders, LATER)
    assert [(event.kind, event.own) for event in events] == [(EventKind.STATUS, False), (EventKind.ORDER, False)]
    assert (events[1].alert, events[1].doubt, state.events[0]) == (True, Doubt.REJECTED, events[1])
    _state, events = reducer.after_lookup(state, a_snapshot(a_host(status=Status.OFF), at=LATER), orders, LATER)
    assert kinds(events) == [EventKind.STATUS]


def test_a_host_that_a_snapshot_assigns_to_a_create_is_own() -> None:
    create = an_order(action=OrderAction.CREATE, state=OrderState.ACCEPTED, sent_at=NOON, host_id=None, id="o1")
    orders = OrderContext((create,), {"o1": "h1"})
    _state, (event,) = reducer.after_listing(a_state(), a_listing(RUNNING), orders, LATER)
    assert (event.kind, event.own) == (EventKind.APPEARED, True)


def test_a_reboot_is_followed_from_one_snapshot_to_the_next() -> None:
    reboot = an_order(action=OrderAction.REBOOT, state=OrderState.UNKNOWN, sent_at=NOON, host_id="h1", id="o1")
    orders, state = OrderContext((reboot,)), a_state(RUNNING)
    for status in (Status.STARTING, Status.ON):
        state, (event,) = reducer.after_lookup(state, a_snapshot(a_host(status=status), at=LATER), orders, LATER)
        assert event.own
    assert state.reboots.completed == {"o1"}


def test_a_lookup_does_not_change_the_connection() -> None:
    before = a_state(RUNNING, connection=ConnectionState.PAUSED)
    state, events = reducer.after_lookup(before, a_snapshot(a_host(status=Status.OFF)), NO_ORDERS, LATER)
    assert (state.connection, kinds(events)) == (ConnectionState.PAUSED, [EventKind.STATUS])


# Errors


@pytest.mark.parametrize(
    ("error", "connection", "kind"),
    [
        (UNREACHABLE, ConnectionState.ERROR, EventKind.ERROR),
        (BadResponse("The response is not JSON"), ConnectionState.ERROR, EventKind.ERROR),
        (Rejected(1003, "busy", trace_id="t-1"), ConnectionState.ERROR, EventKind.ERROR),
        (SignedOut("Not accepted", 1001, "wrong"), ConnectionState.SIGNED_OUT, EventKind.SIGNED_OUT),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_error_keeps_the_data_and_is_reported_when_it_begins(
    error: ApiError, connection: ConnectionState, kind: EventKind
) -> None:
    before = a_state(RUNNING, progress=Progress())
    state, (event,) = reducer.after_error(before, error, NOON, LATER)
    assert (state.connection, state.error, state.progress) == (connection, error, None)
    assert state.retry_at == (None if connection is ConnectionState.SIGNED_OUT else LATER)
    assert state.snapshot is before.snapshot
    assert (event.kind, event.trace_id, event.code) == (kind, error.trace_id, getattr(error, "code", None))
    again, events = reducer.after_error(state, error, LATER, LATER)
    assert (events, again.events) == ((), state.events)


def test_an_error_of_another_class_is_reported_too() -> None:
    state, _event = reducer.after_error(a_state(), UNREACHABLE, NOON, LATER)
    _state, events = reducer.after_error(state, BadResponse("The response is not JSON"), NOON, LATER)
    assert kinds(events) == [EventKind.ERROR]


def test_missing_credentials_are_no_error() -> None:
    state = reducer.after_missing_credentials(a_state(progress=Progress()))
    assert (state.connection, state.error, state.progress) == (ConnectionState.SIGNED_OUT, None, None)


def test_a_keyring_that_fails_is_reported_once_until_it_worked() -> None:
    failure = CredentialStoreError(KeyringProblem.LOCKED, "The keyring is locked")
    state, events = reducer.after_keyring_check(a_state(), failure, NOON)
    assert [event.summary for event in events] == ["The keyring is locked"]
    assert reducer.after_keyring_check(state, failure, NOON)[1] == ()
    state, events = reducer.after_keyring_check(state, None, NOON)
    assert events == ()
    assert len(reducer.after_keyring_check(state, failure, NOON)[1]) == 1


# Catalog, costs and orders


def test_a_catalog_gives_the_hosts_their_costs() -> None:
    state = reducer.after_catalog(a_state(RUNNING), catalog_of(a_package()), None, NOON)
    assert state.catalog is not None
    assert "h1" in state.costs.hosts


def test_a_catalog_that_cannot_be_read_leaves_the_last_one() -> None:
    before = reducer.after_catalog(a_state(RUNNING), catalog_of(a_package()), None, NOON)
    state = reducer.after_catalog(before, None, UNREACHABLE, LATER)
    assert (state.catalog, state.catalog_error, state.costs) == (before.catalog, UNREACHABLE, before.costs)


def test_a_purchase_price_takes_precedence_over_the_catalog() -> None:
    before = reducer.after_catalog(a_state(RUNNING), catalog_of(a_package()), None, NOON)
    orders = OrderContext(prices={"h1": Decimal("9.99")})
    state, _events = reducer.after_orders(before, orders, (), NOON)
    assert state.costs.hosts["h1"].low == Decimal("9.99")


def test_costs_are_not_computed_again_while_nothing_they_depend_on_changes() -> None:
    before = reducer.after_catalog(a_state(RUNNING), catalog_of(a_package()), None, NOON)
    state, _events = reducer.after_listing(before, a_listing(RUNNING), OrderContext(prices=before.prices), LATER)
    assert state.costs is before.costs
    changed, _events = reducer.after_listing(state, a_listing(), OrderContext(prices=before.prices), LATER)
    assert changed.costs is not before.costs
    assert not changed.costs.hosts


def test_orders_and_their_events_are_shown_together_and_failures_are_alerts() -> None:
    order = an_order(state=OrderState.REJECTED)
    event = Event(at=NOON, kind=EventKind.ORDER, own=True, order_id=order.id, state=OrderState.REJECTED)
    state, events = reducer.after_orders(a_state(), OrderContext((order,)), [event], NOON)
    assert (state.orders, events) == ((order,), (replace(event, alert=True),))
    assert state.events == events


# Account


def test_nothing_of_an_account_is_left_after_another_signs_in() -> None:
    state = reducer.after_catalog(a_state(RUNNING, unreadable=1), catalog_of(a_package()), None, NOON)
    state, _events = reducer.after_orders(
        state, OrderContext((an_order(),)), [Event(at=NOON, kind=EventKind.APPEARED)], NOON
    )
    state = reducer.after_sign_in(reducer.without_account_data(state), "https://other.example", "A2")
    fresh = reducer.after_sign_in(FleetState(), "https://other.example", "A2")
    fields = [name for name in FleetState.__dataclass_fields__ if name != "costs"]
    assert [getattr(state, name) for name in fields] == [getattr(fresh, name) for name in fields]
    assert not state.costs.hosts


def test_signing_in_as_the_same_account_keeps_the_hosts() -> None:
    before = a_state(RUNNING, connection=ConnectionState.SIGNED_OUT, error=UNREACHABLE)
    state = reducer.after_sign_in(before, "https://service.example", "A1")
    assert (state.connection, state.error, state.snapshot) == (ConnectionState.CONNECTING, None, before.snapshot)


def test_a_stored_snapshot_is_shown_only_before_a_current_one() -> None:
    stored = a_snapshot(a_host(id="stored"))
    restored = reducer.after_restore(FleetState(), stored, (), NOON)
    assert (restored.snapshot, restored.is_restored) == (stored, True)
    live = a_state(RUNNING)
    current = reducer.after_restore(live, stored, (), NOON)
    assert (current.snapshot, current.is_restored) == (live.snapshot, False)
    listed, _events = reducer.after_listing(restored, a_listing(a_host(id="stored")), NO_ORDERS, LATER)
    assert not listed.is_restored


def test_restored_events_are_older_than_those_shown_and_not_repeated() -> None:
    new, old = Event(at=LATER, kind=EventKind.RECOVERED), Event(at=NOON, kind=EventKind.ERROR)
    state, _events = reducer.with_events(FleetState(), [new])
    assert reducer.after_restore(state, None, (new, old), LATER).events == (new, old)


def test_progress_is_shown_only_to_a_user_who_waits() -> None:
    live, connecting = a_state(), FleetState()
    assert reducer.after_progress(live, Progress(25, 100)) is live
    assert reducer.after_progress(connecting, Progress(25, 100)).progress == Progress(25, 100)
    requested = reducer.after_refresh_request(live, NOON, timedelta())
    assert reducer.after_progress(requested, Progress(25, 100)).progress == Progress(25, 100)
    signed_out = replace(live, connection=ConnectionState.SIGNED_OUT)
    assert reducer.after_refresh_request(signed_out, NOON, timedelta()) is signed_out


# Purity


def test_the_reducer_is_pure() -> None:
    """It defines no coroutine, calls no clock, and mutates no argument."""
    tree = ast.parse(inspect.getsource(reducer))
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.Await | ast.AsyncFunctionDef | ast.Global)]
    imported = {
        alias.name.split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names
    }
    assert not imported & {"asyncio", "time", "random", "os", "pathlib", "socket", "sqlite3"}
    called = {
        node.func.attr for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }
    assert not called & {"now", "utcnow", "today", "append", "update", "add", "pop", "clear"}
    with pytest.raises(AttributeError):
        FleetState().account = "A1"  # type: ignore[misc]


HOSTS = st.lists(
    st.builds(
        lambda number, status: a_host(id=f"h{number}", status=status), st.integers(0, 5), st.sampled_from(Status)
    ),
    max_size=6,
    unique_by=lambda host: host.id,
)
ORDERS = st.lists(
    st.builds(
        lambda id_, number, action, state: an_order(
            id=str(id_), host_id=f"h{number}", action=action, state=state, sent_at=NOON
        ),
        st.integers(0, 9),
        st.integers(0, 5),
        st.sampled_from(OrderAction),
        st.sampled_from(OrderState),
    ),
    max_size=4,
    unique_by=lambda order: order.id,
)
ERRORS = st.sampled_from([UNREACHABLE, BadResponse("bad"), Rejected(1003, "busy"), SignedOut("out", 1001, "")])
STEPS = st.lists(st.one_of(HOSTS, ERRORS), max_size=12)


@settings(deadline=None)
@given(STEPS, ORDERS)
def test_events_of_any_sequence_explain_every_difference_between_the_first_and_the_last_fleet(
    steps: list[list[Host] | ApiError], orders: list[object]
) -> None:
    context = OrderContext(tuple(orders))  # type: ignore[arg-type]
    state, _events = reducer.after_listing(FleetState(), a_listing(), NO_ORDERS, NOON)
    followed: dict[str | None, Status | None] = {}
    recorded: list[Event] = []
    for step in steps:
        previous = state
        if isinstance(step, ApiError):
            state, events = reducer.after_error(state, step, NOON, LATER)
            assert state.snapshot is previous.snapshot
        else:
            state, events = reducer.after_listing(state, a_listing(*step), context, LATER)
            assert state.connection is ConnectionState.LIVE
            assert state.error is None
        recorded += events
        for event in events:
            if event.kind is EventKind.GONE:
                del followed[event.host_id]
            elif event.kind in (EventKind.APPEARED, EventKind.STATUS):
                followed[event.host_id] = event.new
    assert state.snapshot is not None
    # That a running host is billed now is no event.
    assert {id_: Status.ON if status is Status.BILLED else status for id_, status in followed.items()} == {
        host.id: Status.ON if host.status is Status.BILLED else host.status for host in state.snapshot.hosts
    }
    assert state.events == tuple(reversed(recorded))[:MAX_RECENT_EVENTS]


@settings(deadline=None)
@given(HOSTS, HOSTS, ORDERS)
def test_the_same_arguments_give_the_same_result(before: list[Host], after: list[Host], orders: list[object]) -> None:
    state, context = a_state(*before), OrderContext(tuple(orders))  # type: ignore[arg-type]
    fields = {name: getattr(state, name) for name in FleetState.__dataclass_fields__}
    listing = a_listing(*after)
    first, first_events = reducer.after_listing(state, listing, context, LATER)
    second, second_events = reducer.after_listing(state, listing, context, LATER)
    assert first_events == second_events
    assert (first.snapshot, first.events, first.reboots) == (second.snapshot, second.events, second.reboots)
    assert {name: getattr(state, name) for name in fields} == fields


# Annotations

RENDER = Annotation("render-1", tags=("render",))


def test_hosts_get_their_annotations_and_others_keep_their_identity() -> None:
    other = a_host(id="h2")
    snapshot = reducer.annotate(a_snapshot(RUNNING, other), {"h1": RENDER, "gone": RENDER})
    assert snapshot.hosts[0].display_name == "render-1"
    assert snapshot.hosts[1] is other
    assert reducer.annotate(snapshot, {"h1": RENDER}) is snapshot
    assert reducer.annotate(snapshot, {}).hosts[0].annotation is NO_ANNOTATION


def test_an_unchanged_host_is_not_annotated_again() -> None:
    before = reducer.after_annotations(a_state(RUNNING), {"h1": RENDER}, None)
    assert before.snapshot is not None
    listed = replace(a_listing(), snapshot=a_snapshot(*before.snapshot.hosts))
    state, events = reducer.after_listing(before, listed, NO_ORDERS, LATER)
    assert state.snapshot is listed.snapshot
    assert events == ()


def test_a_changed_host_keeps_its_annotation_and_events_have_the_services_name() -> None:
    before = reducer.after_annotations(a_state(RUNNING), {"h1": RENDER}, None)
    state, events = reducer.after_listing(before, a_listing(a_host(status=Status.OFF)), NO_ORDERS, LATER)
    assert state.snapshot is not None
    assert state.snapshot.hosts[0].annotation is RENDER
    assert [event.host_name for event in events] == [RUNNING.name]


def test_a_restored_snapshot_is_annotated() -> None:
    before = reducer.after_annotations(FleetState(), {"h1": RENDER}, None)
    state = reducer.after_restore(before, a_snapshot(RUNNING), (), NOON)
    assert state.snapshot is not None
    assert state.snapshot.hosts[0].annotation is RENDER


def test_the_same_annotations_change_nothing() -> None:
    annotations = {"h1": RENDER}
    state = reducer.after_annotations(a_state(RUNNING), annotations, None)
    assert reducer.after_annotations(state, annotations, None) is state
