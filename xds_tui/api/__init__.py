"""The client of the service: requests, responses, and the classification of errors."""

from __future__ import annotations

import sys
from typing import cast

if "httpx" not in sys.modules:
    # Importing httpx imports its command-line program where rich and click are installed, which takes half of the time
    # of a short command. This entry makes that import fail, which httpx expects.
    cast("dict[str, object]", sys.modules)["httpx._main"] = None
