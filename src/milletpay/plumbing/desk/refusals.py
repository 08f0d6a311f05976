"""How a command ends when it is not answered. All but `Unknown` mean that nothing of it was kept."""

import logging

log = logging.getLogger(__name__)


class DeskRefusal(Exception):
    """A command was not done; nothing of it was kept."""


class Busy(DeskRefusal):
    """As many commands as allowed wait already; try again later."""


class TooLate(DeskRefusal):
    """The command's deadline passed before it was begun."""


class Unavailable(DeskRefusal):
    """The database was gone, or refused, until the command's deadline."""


class Stopped(DeskRefusal):
    """The desk is stopping, or was not started."""


class Defect(DeskRefusal):
    """The command broke the business, or cannot be saved: a fault in the program, not a decline."""


class Unknown(Exception):
    """Whether the command was done cannot be known yet: the database went away during COMMIT."""


def defect_of(command: object, *, what: str, error: Exception) -> Defect:
    """Log a defect with its traceback, and put it in words for the caller."""
    log.error("%s %.200r", what, command, exc_info=error)
    defect = Defect(f"{what} {command!r:.200} ({type(error).__name__}: {error}). Nothing of it was done.")
    defect.__cause__ = error
    return defect


def unknown_after(error: Exception | None) -> Unknown:
    """Put in words that the outcome is not known."""
    why = f" ({error})" if error is not None else ""
    return Unknown(
        f"The database went away during COMMIT{why}: whether the command was done is not known yet."
        " Ask again with the same idempotency key."
    )
