"""The benches: MilletPay measured from outside, as those who use it meet it.

A bench makes its inputs before the clock starts, drives the real thing, counts every answer, proves the books
afterwards, and says under which conditions its figures were taken. It refuses to measure what would not be
true of a live system: a server that loses what it has committed, a disk that is memory.
"""

from milletpay.benches.codes import CodePlan, CodeReport, run_codes
from milletpay.benches.counters import CounterPlan
from milletpay.benches.ledger import BookBroken, LedgerPlan, describe_ledger, run_ledger
from milletpay.benches.load import NotPaid
from milletpay.benches.market import MarketPlan
from milletpay.benches.payments import (
    PAYMENT_WORKS,
    Answering,
    PaymentFigure,
    PaymentPlan,
    PaymentReport,
    PaymentWork,
    run_payments,
)
from milletpay.benches.peers import run_peers
from milletpay.benches.place import BENCH_DIRECTORY, BenchRefused, open_place
from milletpay.benches.report import Figure, PeerFigure, Report, Work
from milletpay.benches.terminals import TerminalPlan, TerminalReport, run_terminals
from milletpay.benches.works import LEDGER_WORKS

__all__ = [
    "BENCH_DIRECTORY",
    "LEDGER_WORKS",
    "PAYMENT_WORKS",
    "Answering",
    "BenchRefused",
    "BookBroken",
    "CodePlan",
    "CodeReport",
    "CounterPlan",
    "Figure",
    "LedgerPlan",
    "MarketPlan",
    "NotPaid",
    "PaymentFigure",
    "PaymentPlan",
    "PaymentReport",
    "PaymentWork",
    "PeerFigure",
    "Report",
    "TerminalPlan",
    "TerminalReport",
    "Work",
    "describe_ledger",
    "open_place",
    "run_codes",
    "run_ledger",
    "run_payments",
    "run_peers",
    "run_terminals",
]
