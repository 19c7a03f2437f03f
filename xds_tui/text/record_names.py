"""The names of hosts in events and orders: those of the user in place of those of the service."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from xds_tui.domain.annotations import NO_ANNOTATION, Annotations
from xds_tui.domain.records import Candidate, Event, Order

R = TypeVar("R", Event, Order)


def with_alias(record: R, annotations: Annotations) -> R:
    """Return an event or an order with the alias of its host as the host's name."""
    alias = annotations.get(record.host_id or "", NO_ANNOTATION).alias
    return replace(record, host_name=alias) if alias else record


def with_candidate_alias(order: Order, annotations: Annotations) -> Order:
    """Return an order with the alias of its candidate, if it has one, as the candidate's name."""
    if order.candidate is None:
        return order
    return replace(order, candidate=aliased_candidate(order.candidate, annotations))


def aliased_candidate(candidate: Candidate, annotations: Annotations) -> Candidate:
    """Return a candidate with the alias of its host as its name."""
    alias = annotations.get(candidate.host_id, NO_ANNOTATION).alias
    return replace(candidate, host_name=alias) if alias else candidate
