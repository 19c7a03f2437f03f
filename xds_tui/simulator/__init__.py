"""A service that behaves as the vendor's documents say: for the demo, for the tests, and for curl.

It shares no code with the client, because it is the judge of it: it knows the wire and nothing else of xds_tui.
"""

from __future__ import annotations
