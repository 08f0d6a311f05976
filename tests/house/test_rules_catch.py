"""A rule that catches nothing is not a rule: each finds its breach, and leaves the honest case alone."""

import pytest

from tests.house import rules_reach, rules_shape, rules_sql
from tests.house.source import Rule, Source, standing

DOMAIN = "src/milletpay/disputes/operations.py"
LEDGER = "src/milletpay/ledger/machine.py"
TEST = "tests/flows/test_story.py"
SQL = "src/milletpay/payments/statements.sql"

LONG_FUNCTION = "def f():\n" + "    pass\n" * 60
FULL_FUNCTION = "def f():\n" + "    pass\n" * 59

CAUGHT: list[tuple[Rule, str, str]] = [
    (rules_shape.small, DOMAIN, LONG_FUNCTION),
    (rules_shape.small, DOMAIN, "x = 1\n" * 401),
    (rules_shape.small, SQL, "-- " + "x" * 108),
    (rules_shape.no_drawers, "src/milletpay/payments/utils.py", ""),
    (rules_shape.no_drawers, "src/milletpay/common/model.py", ""),
    (rules_shape.no_drawers, "tests/flows/test_helpers.py", ""),
    (rules_shape.no_drawers, DOMAIN, "class PaymentManager: ..."),
    (rules_shape.no_drawers, DOMAIN, "tmp = 1"),
    (rules_shape.american, DOMAIN, "def authorise(): ..."),
    (rules_shape.american, DOMAIN, "def paint(*, colour): ..."),
    (rules_shape.by_name, DOMAIN, "def send(payer, payee): ..."),
    (rules_shape.by_name, DOMAIN, "async def send(payer, payee): ..."),
    (rules_shape.by_name, DOMAIN, "class Desk:\n    def submit(self, command, deadline): ..."),
    (rules_shape.by_name, DOMAIN, "def limits() -> tuple[int, str]: ..."),
    (rules_shape.nothing_left_over, DOMAIN, "# TO" + "DO later"),
    (rules_shape.reasons, DOMAIN, "x = eval(y)  # no" + "qa: S307"),
    (rules_shape.reasons, DOMAIN, "x: int = y  # type: ig" + "nore[assignment]"),
    (rules_shape.nothing_left_over, SQL, "-- FIX" + "ME"),
    (rules_reach.downward_in_the_open, DOMAIN, "def f():\n    import json"),
    (rules_reach.downward_in_the_open, DOMAIN, "from . import model"),
    (rules_reach.downward_in_the_open, DOMAIN, "from milletpay.ledger import rows"),
    (rules_reach.downward_in_the_open, DOMAIN, "from milletpay.ledger.rows import pack"),
    (rules_reach.downward_in_the_open, DOMAIN, "import milletpay.ledger.rows"),
    (rules_reach.reserved_libraries, DOMAIN, "from starlette.responses import Response"),
    (rules_reach.reserved_libraries, LEDGER, "import urllib.request"),
    (rules_reach.reserved_libraries, "src/milletpay/bootstrap.py", "import uvicorn"),
    (rules_reach.no_clock, DOMAIN, "from datetime import datetime as dt\nx = dt.now()"),
    (rules_reach.no_clock, DOMAIN, "import time\nfield(default_factory=time.time_ns)"),
    (rules_reach.no_clock, DOMAIN, "from time import monotonic\nmonotonic()"),
    (rules_reach.no_clock, DOMAIN, "import datetime\ndatetime.date.today()"),
    (rules_reach.no_chance, DOMAIN, "import random\nrandom.randint(1, 6)"),
    (rules_reach.no_chance, DOMAIN, "import random\nrandom.Random()"),
    (rules_reach.no_chance, DOMAIN, "from secrets import token_bytes\ntoken_bytes(16)"),
    (rules_reach.no_chance, DOMAIN, "from uuid import uuid4\nuuid4()"),
    (rules_reach.no_float, LEDGER, "rate = 0.38"),
    (rules_reach.no_float, LEDGER, "def f(amount: float): ..."),
    (rules_reach.no_float, LEDGER, "half = amount / 2"),
    (rules_reach.no_float, "src/milletpay/fees/model.py", "amount /= 2"),
    (rules_reach.no_float, "src/milletpay/fees/postings.py", "round(amount)"),
    (rules_reach.no_float, "src/milletpay/money/rounding.py", "import math\nmath.log10(amount)"),
    (rules_reach.no_mocks, TEST, "from unittest import mock"),
    (rules_reach.no_mocks, TEST, "def test(monkeypatch):\n    monkeypatch.setattr(desk, 'submit', None)"),
    (rules_sql.sql_is_source, DOMAIN, "q = 'SELECT id FROM payments.payment'"),
    (rules_sql.sql_is_source, DOMAIN, "q = f'CREATE TABLE {name}'"),
    (rules_sql.sql_is_source, DOMAIN, "q = '''\n  WITH due AS (SELECT 1) DELETE FROM due'''"),
    (rules_sql.own_schema, SQL, "SELECT amount FROM ledger.transfer"),
    (rules_sql.own_schema, DOMAIN, "q = 'SELECT 1 FROM ledger.transfer'"),
    (rules_sql.own_schema, "src/milletpay/fees/proofs.sql", "SELECT 1 FROM payments.payment"),
    (rules_sql.proofs_only_read, "src/milletpay/fees/proofs.sql", "DELETE FROM fees.contract"),
]

HONEST: list[tuple[Rule, str, str]] = [
    (rules_shape.reasons, DOMAIN, "x = eval(y)  # no" + "qa: S307 - it is ours"),
    (rules_shape.reasons, DOMAIN, "x: int = y  # type: ig" + "nore[assignment]  # it is one"),
    (rules_shape.small, DOMAIN, FULL_FUNCTION),
    (rules_shape.small, "src/milletpay/migrations/0001_first.sql", "-- " + "x" * 108),
    (
        rules_shape.small,
        DOMAIN,
        "# house: allow small: the table of currencies is one thing\n" + LONG_FUNCTION,
    ),
    (rules_shape.no_drawers, "src/milletpay/payments/base32.py", "base_url = 1"),
    (rules_shape.american, DOMAIN, "task.cancelled()"),
    (rules_shape.by_name, DOMAIN, "def send(connection, *, payer, payee): ..."),
    (rules_shape.by_name, DOMAIN, "class Amount:\n    def __add__(self, other): ..."),
    (rules_shape.by_name, DOMAIN, "class Amount:\n    @staticmethod\n    def of(text): ..."),
    (rules_shape.by_name, DOMAIN, "def ids() -> tuple[int, ...]: ..."),
    (rules_shape.by_name, DOMAIN, "def _private(a, b): ..."),
    (rules_shape.by_name, "src/milletpay/apps/cli/__init__.py", "def up(data, port): ..."),
    (rules_reach.downward_in_the_open, DOMAIN, "from milletpay.ledger import Machine"),
    (rules_reach.downward_in_the_open, DOMAIN, "from milletpay.ledger.model import Transfer"),
    (rules_reach.downward_in_the_open, DOMAIN, "from milletpay.plumbing.clock import Clock"),
    (rules_reach.downward_in_the_open, LEDGER, "from milletpay.ledger.rows import pack"),
    (rules_reach.reserved_libraries, "src/milletpay/apps/api/__init__.py", "import uvicorn"),
    (rules_reach.reserved_libraries, DOMAIN, "from urllib.parse import quote"),
    (rules_reach.no_clock, "src/milletpay/plumbing/clock.py", "import time\ntime.time_ns()"),
    (rules_reach.no_clock, DOMAIN, "clock.now()"),
    (rules_reach.no_clock, DOMAIN, "import time\n# house: allow clock: a bench is about time\ntime.time()"),
    (rules_reach.no_chance, DOMAIN, "import random\nrandom.Random(seed)"),
    (rules_reach.no_chance, DOMAIN, "import random\ndef draw(*, chance: random.Random): ..."),
    (rules_reach.no_float, LEDGER, "if isinstance(amount, float | str): ..."),
    (rules_reach.no_float, LEDGER, "half, rest = divmod(amount, 2)"),
    (rules_reach.no_float, "src/milletpay/plumbing/desk.py", "wait = 0.5"),
    (rules_reach.no_mocks, TEST, "def test(monkeypatch):\n    monkeypatch.setattr(store, 'TAIL_MAX', 3)"),
    (rules_reach.no_mocks, TEST, "def test(monkeypatch):\n    monkeypatch.setenv('HOME', '/nowhere')"),
    (rules_sql.sql_is_source, DOMAIN, '"""SELECT is a word."""\nsay = "UPDATE the terminal first"'),
    (rules_sql.sql_is_source, DOMAIN, "q = f'CREATE DATABASE {name}'"),
    (rules_sql.sql_is_source, DOMAIN, "# house: allow sql-is-source: for a test\nq = (\n    'SELECT 1'\n)"),
    (rules_sql.own_schema, SQL, "SELECT p.amount FROM payments.payment p -- not ledger.transfer"),
    (rules_sql.own_schema, SQL, "SELECT account.ledger FROM payments.account"),
    (rules_sql.own_schema, "src/milletpay/payments/proofs.sql", "SELECT 1 FROM ledger.transfer, limits.used"),
    (rules_sql.proofs_only_read, SQL, "DELETE FROM payments.mark"),
]


@pytest.mark.parametrize(("rule", "path", "text"), CAUGHT)
def test_the_rule_catches(rule: Rule, path: str, text: str) -> None:
    assert list(standing(rule, Source(path, text)))


@pytest.mark.parametrize(("rule", "path", "text"), HONEST)
def test_the_rule_leaves_alone(rule: Rule, path: str, text: str) -> None:
    assert not [str(breach) for breach in standing(rule, Source(path, text))]


def test_an_exception_needs_a_reason() -> None:
    bare = Source(DOMAIN, "import time\ntime.time()  # house: allow clock:")
    assert list(standing(rules_reach.no_clock, bare))
