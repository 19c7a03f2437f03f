"""The client of the service: requests, responses, and the classification of errors."""

from __future__ import annotations
