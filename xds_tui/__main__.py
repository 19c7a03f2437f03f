"""`python -m xds_tui`: the same program as the `xds-tui` command."""

from __future__ import annotations

import sys

from xds_tui.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
