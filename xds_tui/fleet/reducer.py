"""How each result changes the fleet state: pure functions from a state and a result to a state and its events.

Every function returns the next state and the events that this step adds, oldest first and with alerts flagged. The
events are in `state.events` already; the caller writes them to the journal. Nothing here waits, reads a clock or
performs I/O, so each rule can be tested without a service. `Monitor` decides when these functions are called.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from xds_tui.api.errors import ApiError, Rejected, SignedOut
from xds_tui.domain import pricing, snapshot_diff
from xds_tui.domain.annotations import NO_ANNOTATION, Annotations
from xds_tui.domain.attribution import RebootProgress, mark_own, rejected_but_done
from xds_tui.domain.model import Catalog, Snapshot
from xds_tui.domain.pricing import Costs
from xds_tui.domain.records import Doubt, Event, EventKind
from xds_tui.fleet.host_listing import HostListing
from xds_tui.fleet.state import NO_PRICES, ConnectionState, FleetState, OrderContext, Progress

if TYPE_CHECKING:
    from xds_tui.auth.keyring_errors import CredentialStoreError
    from xds_tui.config.toml_file import SettingsError
    from xds_tui.domain.guard import GuardRecord
    from xds_tui.store.problems import StoreError

MAX_RECENT_EVENTS: Final = 200
"""Events in the state. Older ones are read from the journal."""

Transition = tuple[FleetState, tuple[Event, ...]]


# Hosts


def after_listing(
    state: FleetState,
    listing: HostListing,
    orders: OrderContext,
    now: datetime,
    *,
    is_paused: bool = False,
    is_superseded: bool = False,
    may_be_other_account: bool = False,
) -> Transition:
    """Show a listing, and end an error that was shown.

    Args:
        state: the state before.
        listing: the result of reading all pages.
        orders: the orders when the reading ended.
        now: the time, aware.
        is_paused: whether no further refresh follows.
        is_superseded: whether another refresh was requested in the meantime; its progress continues to be shown.
        may_be_other_account: whether the listing may be of another account than `state`. It is if they share no host;
            nothing is reported as gone or new then.

    """
    has_recovered = state.error is not None
    state, recovery = _add(state, (Event(at=now, kind=EventKind.RECOVERED),) if has_recovered else ())
    live = replace(
        state,
        connection=ConnectionState.PAUSED if is_paused else ConnectionState.LIVE,
        error=None,
        retry_at=None,
        unreadable=listing.unreadable,
        progress=state.progress if is_superseded else None,
    )
    is_unrelated = may_be_other_account and _have_no_common_host(live.snapshot, listing.snapshot)
    state, changes = _show_hosts(live, None if is_unrelated else live.snapshot, listing.snapshot, orders, now)
    return state, (*recovery, *changes)


def after_lookup(state: FleetState, snapshot: Snapshot, orders: OrderContext, now: datetime) -> Transition:
    """Show the hosts after some of them were read one by one. The connection state stays as it is."""
    return _show_hosts(state, state.snapshot, snapshot, orders, now)


def after_progress(state: FleetState, progress: Progress) -> FleetState:
    """Show how far the host list has been read, if the user waits for it."""
    if state.progress is None and state.connection is not ConnectionState.CONNECTING:
        return state
    return replace(state, progress=progress)


def after_refresh_request(state: FleetState, now: datetime, delay: timedelta) -> FleetState:
    """Acknowledge that the user requested a refresh, which starts after `delay` if the service asked to wait."""
    if state.connection is ConnectionState.SIGNED_OUT:
        return state
    return replace(state, retry_at=now + delay) if delay else replace(state, progress=Progress())


def _show_hosts(
    state: FleetState, before: Snapshot | None, snapshot: Snapshot, orders: OrderContext, now: datetime
) -> Transition:
    changes = snapshot_diff.changes(before, snapshot)
    changes, reboots = mark_own(changes, orders.orders, orders.confirmed, state.reboots)
    reported = {event.order_id for event in state.events if event.doubt is Doubt.REJECTED and event.order_id}
    changes += tuple(rejected_but_done(changes, orders.orders, reported))
    annotated = annotate(snapshot, state.annotations)
    shown = replace(state, snapshot=annotated, is_restored=False, reboots=reboots, prices=orders.prices)
    return _add(_with_costs(state, shown, now), changes)


def _have_no_common_host(old: Snapshot | None, new: Snapshot) -> bool:
    """Whether two snapshots share no host, so that they are probably of two accounts."""
    return old is not None and {host.id for host in old.hosts}.isdisjoint(host.id for host in new.hosts)


# Annotations


def annotate(snapshot: Snapshot, annotations: Annotations) -> Snapshot:
    """Return `snapshot` with the annotation of each host; `snapshot` itself if all hosts have theirs already.

    Hosts keep their identity if their annotation has not changed.
    """
    find = annotations.get
    if all(host.annotation is find(host.id, NO_ANNOTATION) for host in snapshot.hosts):
        return snapshot
    hosts = tuple(
        host if host.annotation is (found := find(host.id, NO_ANNOTATION)) else replace(host, annotation=found)
        for host in snapshot.hosts
    )
    return replace(snapshot, hosts=hosts)


def after_annotations(state: FleetState, annotations: Annotations, problem: SettingsError | None) -> FleetState:
    """Show the content of the hosts file, and what is wrong with it; return `state` itself if nothing has changed."""
    snapshot = None if state.snapshot is None else annotate(state.snapshot, annotations)
    if annotations is state.annotations and problem is state.annotations_problem and snapshot is state.snapshot:
        return state
    return replace(state, annotations=annotations, annotations_problem=problem, snapshot=snapshot)


# Errors


def after_error(state: FleetState, error: ApiError, now: datetime, retry_at: datetime) -> Transition:
    """Keep the data and show why they are not newer. An event is added when an error of another class begins."""
    is_signed_out = isinstance(error, SignedOut) and not error.is_passing
    events: tuple[Event, ...] = ()
    if type(state.error) is not type(error):
        event = Event(
            at=now,
            kind=EventKind.SIGNED_OUT if is_signed_out else EventKind.ERROR,
            summary=error.summary,
            message=error.detail,
            trace_id=error.trace_id,
            code=error.code if isinstance(error, Rejected | SignedOut) else None,
        )
        events = (event,)
    failed = replace(
        state,
        connection=ConnectionState.SIGNED_OUT if is_signed_out else ConnectionState.ERROR,
        error=error,
        retry_at=None if is_signed_out else retry_at,
        progress=None,
    )
    return _add(failed, events)


def after_missing_credentials(state: FleetState) -> FleetState:
    """Show that there is nothing to sign in with, which is not an error."""
    return replace(state, connection=ConnectionState.SIGNED_OUT, progress=None)


def after_keyring_check(state: FleetState, error: CredentialStoreError | None, now: datetime) -> Transition:
    """Report a keyring that has begun to fail: the next start may have to sign in again."""
    is_new = error is not None and error is not state.keyring_error
    events = (_problem(error, now),) if error is not None and is_new else ()
    return _add(replace(state, keyring_error=error), events)


# Catalog, orders and events


def after_catalog(state: FleetState, catalog: Catalog | None, error: ApiError | None, now: datetime) -> FleetState:
    """Show the catalog. If it could not be read, the last one stays, with the time at which it was read."""
    shown = replace(state, catalog=catalog or state.catalog, catalog_error=error)
    return _with_costs(state, shown, now)


def after_orders(state: FleetState, orders: OrderContext, events: Sequence[Event], now: datetime) -> Transition:
    """Show the orders, and what happened to them."""
    shown = replace(state, orders=orders.orders, prices=orders.prices)
    return _add(_with_costs(state, shown, now), tuple(events))


def with_events(state: FleetState, events: Sequence[Event]) -> Transition:
    """Add events that change nothing else."""
    return _add(state, tuple(events))


def after_rules(state: FleetState, guard: GuardRecord, events: Sequence[Event]) -> Transition:
    """Show which program carries out the rules, and what it announces."""
    return _add(replace(state, guard=guard), tuple(events))


def after_journal_error(state: FleetState, error: StoreError, now: datetime) -> Transition:
    """Report that the journal could not be read."""
    return _add(state, (_problem(error, now),))


def after_storage_change(state: FleetState, problem: StoreError | None) -> FleetState:
    """Show why no order can be recorded, or, with None, that they can."""
    return replace(state, storage_problem=problem)


# Account and settings


def after_restore(state: FleetState, snapshot: Snapshot | None, events: Sequence[Event], now: datetime) -> FleetState:
    """Show what an earlier run stored, below what happened while it was read.

    Args:
        state: the state before.
        snapshot: the stored snapshot; shown only if no other is.
        events: the stored events, newest first. Those that are shown already are not repeated.
        now: the time, aware.

    """
    known = set(state.events)
    older = tuple(event for event in events if event not in known)
    restored = replace(state, events=(*state.events, *older)[:MAX_RECENT_EVENTS])
    if state.snapshot is None and snapshot is not None:
        restored = replace(restored, snapshot=annotate(snapshot, state.annotations), is_restored=True)
    return _with_costs(state, restored, now)


def after_sign_in(state: FleetState, base_url: str, account: str) -> FleetState:
    """Connect to the service at `base_url` as `account`."""
    return replace(state, connection=ConnectionState.CONNECTING, base_url=base_url, account=account, error=None)


def after_identification(state: FleetState, base_url: str, account: str) -> FleetState:
    """Show which service and account the credentials are for."""
    return replace(state, base_url=base_url, account=account)


def without_account_data(state: FleetState) -> FleetState:
    """Remove everything that belongs to an account."""
    return replace(
        state,
        snapshot=None,
        is_restored=False,
        unreadable=0,
        catalog=None,
        costs=Costs(),
        prices=NO_PRICES,
        events=(),
        orders=(),
        guard=None,
        reboots=RebootProgress(),
    )


def without_events(state: FleetState) -> FleetState:
    """Remove the events: the journal turned out to be of another account."""
    return replace(state, events=())


def after_pause(state: FleetState, is_paused: bool) -> FleetState:
    """Show that refreshing has stopped, or starts again."""
    return replace(state, connection=ConnectionState.PAUSED if is_paused else ConnectionState.CONNECTING)


def after_interval_change(state: FleetState, interval: float) -> FleetState:
    """Show the seconds between two refreshes."""
    return replace(state, interval=interval)


def _add(state: FleetState, events: tuple[Event, ...]) -> Transition:
    if not events:
        return state, ()
    flagged = snapshot_diff.flagged(events)
    return replace(state, events=(*reversed(flagged), *state.events)[:MAX_RECENT_EVENTS]), flagged


def _problem(error: StoreError | CredentialStoreError, now: datetime) -> Event:
    return Event(at=now, kind=EventKind.ERROR, summary=error.summary, message=error.detail)


def _with_costs(before: FleetState, state: FleetState, now: datetime) -> FleetState:
    """Return `state` with its costs; those of `before` if nothing they depend on has changed."""
    if state.snapshot is None:
        return replace(state, costs=Costs())
    is_unchanged = (
        before.snapshot is not None
        and before.snapshot.hosts == state.snapshot.hosts
        and before.catalog is state.catalog
        and before.prices is state.prices
    )
    if is_unchanged:
        return state
    return replace(state, costs=pricing.costs(state.snapshot.hosts, state.catalog, state.prices, now))
