"""Minimum-cost assignment of rows to columns, where a row may also stay without a column.

Successive shortest augmenting paths with dual variables (Jonker and Volgenant, in the sparse form). Costs are exact
integers, so that an objective with several ranked criteria can be written as one number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from heapq import heappop, heappush


def assign(costs: Sequence[Mapping[int, int]], unassigned: Sequence[int]) -> list[int | None]:
    """Return the column of each row, or None, such that the total cost is minimal; no column is used twice.

    Args:
        costs: for each row the columns that it can have, and what each costs; none is negative.
        unassigned: for each row what it costs to have no column.

    """
    # The choice to have no column is a column of the row's own, below 0.
    edges = [{**row, -1 - index: unassigned[index]} for index, row in enumerate(costs)]
    search = _Search(edges)
    for row in range(len(edges)):
        search.add(row)
    return [column if column >= 0 else None for column in search.column_of]


class _Search:
    """The assignment of the rows added so far, with its dual variables."""

    def __init__(self, edges: Sequence[Mapping[int, int]]) -> None:
        self._edges = edges
        self._row_dual = [0] * len(edges)
        self._column_dual: dict[int, int] = {}
        self._row_of: dict[int, int] = {}
        self.column_of = [0] * len(edges)

    def add(self, start: int) -> None:
        """Give one more row a column, along the cheapest path of reassignments."""
        distance: dict[int, int] = {}
        origin: dict[int, int] = {}
        done: set[int] = set()
        visited = [start]
        queue: list[tuple[int, int]] = []
        row, length = start, 0
        while True:
            for column, cost in self._edges[row].items():
                reach = length + cost - self._row_dual[row] - self._column_dual.get(column, 0)
                if column not in done and (column not in distance or reach < distance[column]):
                    distance[column], origin[column] = reach, row
                    heappush(queue, (reach, column))
            length, column = heappop(queue)
            while column in done:
                length, column = heappop(queue)
            done.add(column)
            if column not in self._row_of:
                break
            row = self._row_of[column]
            visited.append(row)
        self._update_duals(start, visited, {column: distance[column] for column in done}, length)
        self._augment(start, column, origin)

    def _update_duals(self, start: int, visited: Sequence[int], distance: Mapping[int, int], length: int) -> None:
        self._row_dual[start] += length
        for row in visited:
            if row != start:
                self._row_dual[row] += length - distance[self.column_of[row]]
        for column, reach in distance.items():
            self._column_dual[column] = self._column_dual.get(column, 0) - length + reach

    def _augment(self, start: int, column: int, origin: Mapping[int, int]) -> None:
        while True:
            row = origin[column]
            self._row_of[column] = row
            self.column_of[row], column = column, self.column_of[row]
            if row == start:
                return
