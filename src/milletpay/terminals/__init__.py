"""Terminals: the tills and card terminals in merchants' stores.

Words: a **terminal** stands in one store and is a till or a card terminal; **pairing** gives it a key of its
own, for a short code that is good once. Its **number** is printed on receipts; its **terminal number** and
its merchant's **acceptor number** name it in ISO 8583 (fields 41 and 42).

A **shift** is a cashier's run of **receipts** at one till. What is sold without a network is **sealed** by
the till, and decided once when it is brought.

What holds: a terminal has at most one key that is good, the one of its last pairing; one that is retired has
none, for ever; nothing secret of it is in the tables; what it makes, it makes in its store.

A card terminal speaks by **messages** (`messages`, specified in docs/protocols/terminal_messages.md), each
under its **batch** and number (STAN). What was decided of one is its **entry**. `Exchanges` decides.

What holds of those: a message has its effect once, and every repeat is answered as the first; what is
reversed is undone, or will never be done; entry, batch and payment are written together; the totals of a
batch are those of its entries that stand, and so of the book.
"""

from milletpay.terminals.counter_commands import (
    AddCashier,
    CloseShift,
    NoteCash,
    OpenShift,
    RefundAtTill,
    RetireCashier,
    VoidSale,
)
from milletpay.terminals.counter_model import (
    CASHIER_ID,
    Cashier,
    CashierId,
    CounterRefusal,
    CounterRefused,
    Line,
    Receipt,
    ReceiptKind,
    Report,
    Shift,
    Tender,
)
from milletpay.terminals.counters import (
    cashiers_of,
    find_cash,
    find_cashier,
    find_receipt,
    find_shift,
    print_receipt,
    receipts_at,
    report_on,
)
from milletpay.terminals.entries import ClosedBatch, Entry, EntryKind, EntryState, Place, Station
from milletpay.terminals.exchange_facts import Ask, SignOff, SignOn, Where
from milletpay.terminals.exchanges import Exchanges
from milletpay.terminals.messages.codec import (
    answer_type,
    is_sealed,
    key_of,
    read_answer,
    read_request,
    terminal_of,
    write_answer,
    write_request,
)
from milletpay.terminals.messages.framing import FRAME_MAX, Frame, Frames, write_frame
from milletpay.terminals.messages.kinds import (
    Answer,
    Authorize,
    Close,
    Complete,
    Envelope,
    Manage,
    Management,
    Original,
    Purchase,
    Refund,
    Request,
    Reverse,
    Totals,
    Upload,
    Void,
)
from milletpay.terminals.messages.plain import MessageRefused, Plain, read_plain, write_plain
from milletpay.terminals.messages.responses import ResponseCode
from milletpay.terminals.messages.sealing import KeyRefused, MasterKey, SealKey
from milletpay.terminals.messages.showing import show_message
from milletpay.terminals.model import Terminal, TerminalKind, TerminalRefusal, TerminalRefused, TerminalStatus
from milletpay.terminals.notices import (
    BatchOf,
    BatchShape,
    GuessedAt,
    GuessingShape,
    batches_of,
    batches_that_differed,
    find_batches,
    show_batch,
    show_guessing,
)
from milletpay.terminals.offline import (
    Offline,
    SetOfflinePolicy,
    TakeOffline,
    find_offline_policy,
    missing_numbers,
)
from milletpay.terminals.offline_model import (
    OfflineFault,
    OfflinePolicy,
    OfflineReason,
    OfflineRefused,
    OfflineSale,
    Sealed,
)
from milletpay.terminals.operations import (
    OfferPairing,
    PairTerminal,
    RegisterTerminal,
    RetireTerminal,
    Terminals,
)
from milletpay.terminals.pairing import TerminalSecrets, draw_code, read_code
from milletpay.terminals.proofs import terminal_proofs
from milletpay.terminals.queries import find_terminal, find_terminal_by_number, find_terminals, terminals_of
from milletpay.terminals.shifts import Shifts
from milletpay.terminals.slips import Heading, Width, receipt_slip, report_slip

__all__ = [
    "CASHIER_ID",
    "FRAME_MAX",
    "AddCashier",
    "Answer",
    "Ask",
    "Authorize",
    "BatchOf",
    "BatchShape",
    "Cashier",
    "CashierId",
    "Close",
    "CloseShift",
    "ClosedBatch",
    "Complete",
    "CounterRefusal",
    "CounterRefused",
    "Entry",
    "EntryKind",
    "EntryState",
    "Envelope",
    "Exchanges",
    "Frame",
    "Frames",
    "GuessedAt",
    "GuessingShape",
    "Heading",
    "KeyRefused",
    "Line",
    "Manage",
    "Management",
    "MasterKey",
    "MessageRefused",
    "NoteCash",
    "OfferPairing",
    "Offline",
    "OfflineFault",
    "OfflinePolicy",
    "OfflineReason",
    "OfflineRefused",
    "OfflineSale",
    "OpenShift",
    "Original",
    "PairTerminal",
    "Place",
    "Plain",
    "Purchase",
    "Receipt",
    "ReceiptKind",
    "Refund",
    "RefundAtTill",
    "RegisterTerminal",
    "Report",
    "Request",
    "ResponseCode",
    "RetireCashier",
    "RetireTerminal",
    "Reverse",
    "SealKey",
    "Sealed",
    "SetOfflinePolicy",
    "Shift",
    "Shifts",
    "SignOff",
    "SignOn",
    "Station",
    "TakeOffline",
    "Tender",
    "Terminal",
    "TerminalKind",
    "TerminalRefusal",
    "TerminalRefused",
    "TerminalSecrets",
    "TerminalStatus",
    "Terminals",
    "Totals",
    "Upload",
    "Void",
    "VoidSale",
    "Where",
    "Width",
    "answer_type",
    "batches_of",
    "batches_that_differed",
    "cashiers_of",
    "draw_code",
    "find_batches",
    "find_cash",
    "find_cashier",
    "find_offline_policy",
    "find_receipt",
    "find_shift",
    "find_terminal",
    "find_terminal_by_number",
    "find_terminals",
    "is_sealed",
    "key_of",
    "missing_numbers",
    "print_receipt",
    "read_answer",
    "read_code",
    "read_plain",
    "read_request",
    "receipt_slip",
    "receipts_at",
    "report_on",
    "report_slip",
    "show_batch",
    "show_guessing",
    "show_message",
    "terminal_of",
    "terminal_proofs",
    "terminals_of",
    "write_answer",
    "write_frame",
    "write_plain",
    "write_request",
]
