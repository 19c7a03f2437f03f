"""Terms that several screens and commands show: titles, names of fields, labels of keys. Nothing is imported for them.

They are marked for translation here, and translated where they are shown.
"""

from __future__ import annotations

from typing import Final

from xds_tui.i18n import N_

ACCOUNT_ID: Final = N_("Account ID")
ADDRESS: Final = N_("Address")
BACK: Final = N_("Back")
BILLING: Final = N_("Billing")
CANCEL_ESC: Final = N_("Cancel  esc")
COMMANDS: Final = N_("Commands")
COST: Final = N_("Cost")
COST_PER_HOUR: Final = N_("Cost per hour")
DELETE: Final = N_("Delete")
DOWN: Final = N_("Down")
EVENTS: Final = N_("Events")
FILTER: Final = N_("Filter")
GPU: Final = N_("GPU")
HISTORY: Final = N_("History")
COST_REPORT: Final = N_("Costs of this month")
HOSTS: Final = N_("Hosts")
ID: Final = N_("ID")
IMAGE: Final = N_("Image")
INCOMPLETE_LIST: Final = N_("The list of hosts is inconsistent; some hosts may be missing from it.")
LANGUAGE: Final = N_("Language")
NO_EVENTS: Final = N_("No events yet")
NOT_SIGNED_IN: Final = N_("Not signed in. Press i to sign in.")
NOTHING_FOUND: Final = N_("No matches")
NO_GPU: Final = N_("no GPU")
NO_OWNER: Final = N_("no owner")
NO_TAG: Final = N_("no tag")
ORDER: Final = N_("Order")
PACKAGE: Final = N_("Package")
PASSWORD: Final = N_("Password")
PROFILE: Final = N_("Profile")
PROTECTED: Final = N_("protected")
QUIT: Final = N_("Quit")
READ_ONLY: Final = N_("read-only")
REGION: Final = N_("Region")
REVIEW: Final = N_("Review")
SECONDS: Final = N_("{seconds} s")
SECRET: Final = N_("Secret")
SHOW_ALL: Final = N_("Show all")
STATUS: Final = N_("Status")
TAGS: Final = N_("Tags")
THEME: Final = N_("Theme")
TOTAL: Final = N_("Total")
UP: Final = N_("Up")
USE: Final = N_("Use")
