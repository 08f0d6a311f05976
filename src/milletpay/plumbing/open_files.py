"""How many files this process may have open; each connection of a caller is one.

A machine often lets a program have 1,024 of them at first, and as many more as the program asks for. At the
bound nobody is let in any more, and who came first decides how long.
"""

import resource
from typing import Final

OWN_FILES: Final = 64
"""What a process has open for itself: sessions with the database, listeners, logs, loops."""


def room_for_connections(wanted: int) -> int:
    """Ask the machine for room for so many connections; gives how many there is room for."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    enough = wanted + OWN_FILES
    if soft == resource.RLIM_INFINITY or soft >= enough:
        return wanted
    found = enough if hard == resource.RLIM_INFINITY else min(enough, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (found, hard))
    return max(1, found - OWN_FILES)
