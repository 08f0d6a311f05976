"""Terminals: the tills and card terminals in merchants' stores.

Words: a **terminal** stands in one store and is a till or a card terminal; **pairing** gives it a key of its
own, for a short code that is good once. Its **number** is printed on receipts; its **terminal number** and
its merchant's **acceptor number** name it in ISO 8583 (fields 41 and 42).

What holds: a terminal has at most one key that is good, the one of its last pairing; one that is retired has
none, for ever; nothing secret of it is in the tables; what it makes, it makes in its store.
"""

from milletpay.terminals.model import Terminal, TerminalKind, TerminalRefusal, TerminalRefused, TerminalStatus
from milletpay.terminals.operations import (
    OfferPairing,
    PairTerminal,
    RegisterTerminal,
    RetireTerminal,
    Terminals,
)
from milletpay.terminals.pairing import TerminalSecrets, draw_code, read_code
from milletpay.terminals.queries import find_terminal, find_terminal_by_number, terminals_of

__all__ = [
    "OfferPairing",
    "PairTerminal",
    "RegisterTerminal",
    "RetireTerminal",
    "Terminal",
    "TerminalKind",
    "TerminalRefusal",
    "TerminalRefused",
    "TerminalSecrets",
    "TerminalStatus",
    "Terminals",
    "draw_code",
    "find_terminal",
    "find_terminal_by_number",
    "read_code",
    "terminals_of",
]
