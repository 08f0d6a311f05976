"""Phones that show payment codes to the payments' desk of the tests."""

from dataclasses import dataclass
from typing import Any

from milletpay.codes.payment_codes import Slot, epoch_of, step_of, word_of, write_code
from milletpay.customers import CustomerId, DeviceId, DeviceKind, RegisterDevice
from milletpay.ledger.chart import Mode
from milletpay.merchants import MerchantId, StoreId, TerminalId
from milletpay.money import Money
from milletpay.payments import CreatePayment, EnrollPresenter, PaymentId, Presenter, Request
from tests.flows.payment_desk import CODE_KEYS, Fill, PaymentDesk
from tests.flows.trade_desk import CNY, new_customer, new_merchant

SHOP = MerchantId(1)
ANN = CustomerId(11)


@dataclass(frozen=True)
class CodePhone:
    """A phone with its key and number, as an enrolled one has them."""

    presenter: Presenter

    def code(self, at: int, *, lane: int = 0) -> str:
        """What it shows when its clock says `at`."""
        step, presenter = step_of(at), self.presenter
        key = CODE_KEYS.phone_key(presenter.device, version=presenter.version)
        return write_code(
            alias=CODE_KEYS.alias_of(Slot(number=presenter.number, lane=lane), epoch=epoch_of(step)),
            word=word_of(key, step=step, lane=lane),
        )


async def open_code_shop(desk: PaymentDesk, *, balance: int = 10_000_00) -> CodePhone:
    """A merchant, and a customer with money and a phone."""
    await desk.ask(new_merchant(SHOP))
    await desk.ask(new_customer(ANN))
    await desk.ask(Fill(ANN, balance))
    return await enroll(desk, ANN)


async def enroll(desk: PaymentDesk, customer: CustomerId, *, device: int = 0) -> CodePhone:
    """A phone of a customer; `device` names one that is there."""
    id = DeviceId(device or desk.ids.next())
    if not device:
        kind = DeviceKind.PHONE
        await desk.ask(RegisterDevice(id=id, customer=customer, mode=Mode.LIVE, kind=kind, name="phone"))
    presenter: Any = await desk.ask(EnrollPresenter(device=id, customer=customer, mode=Mode.LIVE))
    assert isinstance(presenter, Presenter), presenter
    return CodePhone(presenter)


def by_code(
    desk: PaymentDesk,
    code: str,
    amount: int = 10_00,
    *,
    merchant: MerchantId = SHOP,
    store: StoreId | None = None,
    terminal: TerminalId | None = None,
    request: Request | None = None,
) -> CreatePayment:
    """A payment with what a till has scanned."""
    id = PaymentId(desk.ids.next())
    return CreatePayment(
        id=id,
        merchant=merchant,
        mode=Mode.LIVE,
        amount=Money(amount, CNY),
        request=request or desk.request(f"sale {id}"),
        payment_code=code,
        store=store,
        terminal=terminal,
    )
