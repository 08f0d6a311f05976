"""The desk: group commit of every command that waits.

It takes all commands that wait, opens one transaction, takes the book's lock, and runs the three steps of a
`Business`: load, decide one by one, save. Then it commits and answers everyone. An idle desk begins at once;
while a batch is under way the next one grows. The outcome is the same as one by one, in the order of arrival.

Every command ends in one known state: answered (done), refused (nothing was done; see `DeskRefusal`), or
`Unknown` when the database went away during COMMIT and did not come back by the command's deadline. A caller
that goes away does not cancel its command. Several desks, in several processes, may serve one database.
"""

from milletpay.plumbing.desk.business import Business, Proof, Slowly
from milletpay.plumbing.desk.desk import Desk
from milletpay.plumbing.desk.proof import DeskRow
from milletpay.plumbing.desk.refusals import Busy, Defect, DeskRefusal, Stopped, TooLate, Unavailable, Unknown

__all__ = [
    "Business",
    "Busy",
    "Defect",
    "Desk",
    "DeskRefusal",
    "DeskRow",
    "Proof",
    "Slowly",
    "Stopped",
    "TooLate",
    "Unavailable",
    "Unknown",
]
