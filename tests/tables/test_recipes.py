"""Each recipe for money gives what its docstring's table says; `docs/accounting/flows.md` is those tables."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from itertools import count
from pathlib import Path
from typing import Final

import pytest

from milletpay.customers import CustomerId
from milletpay.fees import ContractId, FeeOnRefund, Quote
from milletpay.funding import Draw, DrawId, GiveBack, GiveBackId
from milletpay.ledger.chart import AccountKind, Mode, account_id, ledger_of
from milletpay.ledger.model import TransferFlags
from milletpay.merchants import MerchantId
from milletpay.money import Currency, Money
from milletpay.payments import AgreementId, CaptureMethod, Payment, PaymentId, PaymentStatus, Request
from milletpay.rails import BankKey
from milletpay.treasury import BankLink, MovementKind
from milletpay.wallets import (
    CardId,
    Receipt,
    ReceiptId,
    ReceiptStatus,
    Send,
    SendId,
    TopUp,
    TopUpId,
    Withdrawal,
    WithdrawalId,
)
from milletpay.wallets.postings import FROM_RECEIPT, FROM_TOP_UP
from tests.house.flows_page import flows_page
from tests.house.recipes import Recipe, recipes

PAGE: Final = Path(__file__).parents[2] / "docs" / "accounting" / "flows.md"
CNY: Final = Currency.CNY
DATE: Final = 20261201
BANK: Final = BankKey(Mode.TEST, "granary")
LINK: Final = BankLink(bank=BANK, currency=CNY, clearing=1, safe=2, own=3)
CUSTOMER, FRIEND, MERCHANT = CustomerId(10), CustomerId(11), MerchantId(12)
OWNERS: Final = {
    "bank_own": LINK.own,
    "bank_safe": LINK.safe,
    "clearing": LINK.clearing,
    "cust": CUSTOMER,
    "cust (recipient)": FRIEND,
    "cust (sender)": CUSTOMER,
    "cust_hold": CUSTOMER,
    "cust_recv": CUSTOMER,
    "mer_pend": MERCHANT,
}
"""Whose account a name means; those that are not here are the house's."""

PAYMENT: Final = Payment(
    id=PaymentId(20),
    merchant=MERCHANT,
    mode=Mode.TEST,
    amount=Money(100_00, CNY),
    status=PaymentStatus.SUCCEEDED,
    capture_method=CaptureMethod.AUTOMATIC,
    quote=Quote(
        contract=ContractId(21),
        amount=Money(100_00, CNY),
        fee=Money(60, CNY),
        on_refund=FeeOnRefund.GIVEN_BACK,
    ),
    request=Request(key_hash=0, body_hash=0, reference="order-1"),
    created_at=1,
    expires_at=0,
    due_at=0,
    customer=CUSTOMER,
    agreement=AgreementId(22),
)
TOP_UP: Final = TopUp(
    id=TopUpId(30), customer=CUSTOMER, amount=Money(500_00, CNY), card=CardId(31), bank=BANK, created_at=1
)
WITHDRAWAL: Final = Withdrawal(
    id=WithdrawalId(32),
    customer=CUSTOMER,
    amount=Money(200_00, CNY),
    fee=Money(20, CNY),
    card=CardId(31),
    bank=BANK,
    created_at=1,
)
SEND: Final = Send(
    id=SendId(33), customer=CUSTOMER, recipient=FRIEND, mode=Mode.TEST, amount=Money(6_66, CNY), created_at=1
)
RECEIPT: Final = Receipt(
    id=ReceiptId(34),
    bank=BANK,
    bank_reference="in-1",
    amount=Money(70_00, CNY),
    token="acc_1",
    payer="W**",
    remark="",
    status=ReceiptStatus.CREDITED,
    customer=CUSTOMER,
    unclaimed=None,
    received_at=1,
)

DRAW: Final = Draw(
    id=DrawId(34),
    payment=PAYMENT.id,
    attempt=1,
    customer=CUSTOMER,
    card=CardId(31),
    bank=BANK,
    amount=Money(100_00, CNY),
    created_at=1,
)
GIVE_BACK: Final = GiveBack(
    id=GiveBackId(35),
    draw=DRAW.id,
    payment=PAYMENT.id,
    refund=None,
    customer=CUSTOMER,
    card=CardId(31),
    bank=BANK,
    amount=Money(10_00, CNY),
    created_at=1,
)


@dataclass(frozen=True)
class Sample:
    """A case of a recipe: its facts, and how much each amount of its table is there."""

    facts: dict[str, object]
    amounts: dict[str, int]
    when: str = ""

    def __str__(self) -> str:
        return self.when or ", ".join(map(str, self.amounts.values()))


def _paid(**facts: object) -> dict[str, object]:
    return {"payment": PAYMENT, **facts}


def _drawn(**facts: object) -> dict[str, object]:
    return {"top_up": TOP_UP, "link": LINK, **facts}


_withdrawal = Sample({"withdrawal": WITHDRAWAL, "link": LINK}, {"the withdrawal": 200_00, "its fee": 20})

_sending_back = Sample({"receipt": RECEIPT, "link": LINK}, {"the receipt": 70_00})

_giving_back = Sample({"back": GIVE_BACK, "link": LINK}, {"the give-back": 10_00})

SAMPLES: Final[dict[str, list[Sample]]] = {
    "payments.paid": [
        Sample(_paid(fee=60), {"the payment": 100_00, "fee": 60}),
        Sample(_paid(fee=0), {"the payment": 100_00, "fee": 0}),
    ],
    "payments.paid_by_card": [
        Sample(_paid(fee=60, clearing=LINK.clearing), {"the payment": 100_00, "fee": 60}),
        Sample(_paid(fee=0, clearing=LINK.clearing), {"the payment": 100_00, "fee": 0}),
    ],
    "payments.authorized": [Sample(_paid(), {"the payment": 100_00})],
    "payments.captured": [
        Sample(_paid(amount=40_00, fee=24), {"amount": 40_00, "fee": 24}),
        Sample(_paid(amount=40_00, fee=0), {"amount": 40_00, "fee": 0}),
    ],
    "payments.released": [Sample(_paid(amount=60_00), {"amount": 60_00})],
    "payments.refunded": [
        Sample(_paid(amount=10_00, fee_back=6), {"amount": 10_00, "fee back": 6}),
        Sample(_paid(amount=10_00, fee_back=0), {"amount": 10_00, "fee back": 0}),
    ],
    "payments.refunded_to_card": [
        Sample(_paid(amount=10_00, fee_back=6), {"amount": 10_00, "fee back": 6}),
        Sample(_paid(amount=10_00, fee_back=0), {"amount": 10_00, "fee back": 0}),
    ],
    "funding.drawn_late": [Sample({"draw": DRAW, "link": LINK}, {"the draw": 100_00})],
    "funding.taken_back": [
        Sample(
            {"draw": replace(DRAW, taken_back=90_00, claimed=10_00, shortfall=short), "link": LINK},
            {"what is borne less shortfall": 80_00 - short, "shortfall": short},
        )
        for short in (0, 30_00, 80_00)
    ],
    "funding.given_back": [_giving_back],
    "funding.given_to_balance": [_giving_back],
    "treasury.moved": [
        Sample({"kind": kind, "link": LINK, "amount": Money(9_00, CNY)}, {"": 9_00}, when=kind.name.lower())
        for kind in MovementKind
    ],
    "wallets.topped_up": [Sample(_drawn(), {"the top-up": 500_00})],
    "wallets.clawed_back": [
        Sample(_drawn(shortfall=short), {"the top-up less shortfall": 500_00 - short, "shortfall": short})
        for short in (0, 120_00, 500_00)
    ],
    "wallets.debt_recovered": [
        Sample(
            {
                "codes": codes,
                "customer": CUSTOMER,
                "amount": Money(30_00, CNY),
                "mode": Mode.TEST,
                "about": 9,
            },
            {"what is owed": 30_00},
        )
        for codes in (FROM_TOP_UP, FROM_RECEIPT)
    ],
    "wallets.reserved": [_withdrawal],
    "wallets.paid": [_withdrawal],
    "wallets.rejected": [_withdrawal],
    "wallets.returned": [_withdrawal],
    "wallets.received": [
        Sample({"receipt": RECEIPT, "link": LINK}, {"the receipt": 70_00}, when="it names a customer"),
        Sample(
            {"receipt": replace(RECEIPT, customer=None), "link": LINK},
            {"the receipt": 70_00},
            when="it does not",
        ),
    ],
    "wallets.receipt_claimed": [Sample({"receipt": RECEIPT}, {"the receipt": 70_00})],
    "wallets.receipt_returned": [_sending_back],
    "wallets.receipt_came_back": [_sending_back],
    "wallets.sent": [Sample({"send": SEND}, {"the amount": 6_66})],
}

RECIPES: Final = {str(recipe): recipe for recipe in recipes()}
CASES: Final = [
    pytest.param(RECIPES[name], sample, id=f"{name} {sample}")
    for name, samples in SAMPLES.items()
    for sample in samples
]


def test_every_recipe_has_a_sample() -> None:
    assert set(SAMPLES) == set(RECIPES)


@pytest.mark.parametrize(("recipe", "sample"), CASES)
def test_a_recipe_gives_what_its_table_says(recipe: Recipe, sample: Sample) -> None:
    ids: Callable[[], int] = partial(next, count(1))
    transfers = recipe.function(**sample.facts, ids=ids, date=DATE)
    given = [(one.debit_account_id, one.credit_account_id, one.amount) for one in transfers]
    legs = [leg for leg in recipe.legs if leg.when == sample.when and sample.amounts[leg.amount]]
    assert given == [
        (
            _account(leg.debit, leg.cells["debit"]),
            _account(leg.credit, leg.cells["credit"]),
            sample.amounts[leg.amount],
        )
        for leg in legs
    ]
    for one, leg in zip(transfers, legs, strict=True):
        assert one.ledger == ledger_of(leg.debit.pool, currency=CNY, mode=Mode.TEST)
        assert one.user_data_32 == DATE
        assert one.user_data_128, "each leg names what it is about"
    assert [one.flags for one in transfers] == [int(TransferFlags.LINKED)] * (len(transfers) - 1) + [0]
    assert [one.id for one in transfers] == sorted({one.id for one in transfers})


def _account(kind: AccountKind, name: str) -> int:
    ledger = ledger_of(kind.pool, currency=CNY, mode=Mode.TEST)
    return account_id(kind, ledger=ledger, owner=OWNERS.get(name, 0))


def test_the_page_of_flows_is_what_the_recipes_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == flows_page(), (
        "docs/accounting/flows.md is not what the recipes say; run: "
        "python -m tests.house.flows_page > docs/accounting/flows.md"
    )
