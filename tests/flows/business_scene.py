"""Two small scenes to be tampered with: payments of all kinds at a shop, and money on its ways to wallets."""

from milletpay.customers import CustomerId
from milletpay.ledger.chart import Mode
from milletpay.merchants import AddStore, MakePlate, MerchantId, Names, PlateId, StoreId
from milletpay.payments import (
    CancelPayment,
    CaptureMethod,
    CapturePayment,
    Payment,
    PaymentId,
    PayPayment,
    PayPlate,
    ReversePayment,
)
from milletpay.plumbing.clock import SECOND
from milletpay.plumbing.database import Database
from milletpay.rails import Direction, Fault, NextOrders, Received, RefusalReason
from milletpay.treasury import BookMovement, MovementKind
from milletpay.wallets import (
    BookReceipt,
    ClawBackTopUp,
    GiveDepositNumber,
    Receipt,
    ReceiptId,
    ReceiptReturn,
    ReceiptReturnId,
    ReturnReceipt,
    ReturnWithdrawal,
    deposit_number,
    unclaimed_receipts,
)
from tests.flows.bank_contract import yuan
from tests.flows.payment_desk import Fill, PaymentDesk, open_payments
from tests.flows.trade_desk import new_customer, new_merchant
from tests.flows.wallet_desk import BANK, WalletDesk, open_wallets

ANNA, BERT, SHOP, OTHER_SHOP = CustomerId(7), CustomerId(9), MerchantId(8), MerchantId(88)
XIAOMING, XIAOHONG, XIAOGANG = CustomerId(1), CustomerId(2), CustomerId(3)


async def play_payments(database: Database) -> dict[str, int]:
    """Payments by what became of them, which is their reference."""
    async with open_payments(database) as desk:
        agreement = await desk.open_shop(SHOP, ANNA, balance=500_00)
        await desk.ask(new_merchant(OTHER_SHOP))
        await desk.ask(new_customer(BERT))
        found = {}
        for name, amount, method in (
            ("paid", 10_00, CaptureMethod.AUTOMATIC),
            ("refunded", 30_00, CaptureMethod.AUTOMATIC),
            ("held", 20_00, CaptureMethod.MANUAL),
            ("reversed", 40_00, CaptureMethod.AUTOMATIC),
            ("canceled", 15_00, CaptureMethod.MANUAL),
        ):
            request = desk.request(name)
            made = await desk.ask(
                desk.payment(SHOP, amount, agreement=agreement, request=request, capture_method=method)
            )
            found[name] = made.payment.id
        for amount in (3_00, 7_00):
            await desk.ask(desk.refund(found["refunded"], SHOP, amount))
        await desk.ask(
            CapturePayment(payment=found["held"], merchant=SHOP, mode=Mode.LIVE, amount=5_00, final=False)
        )
        await desk.ask(desk.refund(found["reversed"], SHOP, 1_00))
        undo = ReversePayment(payment=found["reversed"], merchant=SHOP, mode=Mode.LIVE)
        assert isinstance(await desk.ask(undo), Payment)
        await desk.ask(CancelPayment(payment=found["canceled"], merchant=SHOP, mode=Mode.LIVE))
        return found | await _pay_at_the_checkout(desk)


async def _pay_at_the_checkout(desk: PaymentDesk) -> dict[str, int]:
    """One that was declined and then paid, and one that nobody paid."""
    found = {}
    for name in ("tried", "awaited"):
        made = await desk.ask(desk.payment(SHOP, 50_00, request=desk.request(name)))
        found[name] = made.payment.id
    pay = PayPayment(payment=found["tried"], customer=BERT, mode=Mode.LIVE)
    await desk.ask(pay)
    await desk.ask(Fill(BERT, 100_00))
    await desk.ask(pay)
    names = Names(en="A store", zh="店")
    await desk.ask(AddStore(id=StoreId(6), merchant=SHOP, names=names))
    plate = await desk.ask(MakePlate(id=PlateId(5), merchant=SHOP, mode=Mode.LIVE, store=StoreId(6)))
    scan = PayPlate(
        id=PaymentId(desk.ids.next()),
        plate=plate.id,
        merchant=SHOP,
        customer=BERT,
        mode=Mode.LIVE,
        amount=yuan(20),
        request=desk.request("scanned"),
    )
    found["scanned"] = (await desk.ask(scan)).payment.id
    return found


async def play_wallets(database: Database) -> dict[str, int]:
    """Top-ups, withdrawals and sends by what became of them."""
    async with open_wallets(database) as wallets:
        ming = await wallets.customer(XIAOMING, balance=5000)
        hong = await wallets.customer(XIAOHONG)
        gang = await wallets.customer(XIAOGANG)
        found = {"sent": (await wallets.send(ming, hong, 50)).id}
        found["not sent"] = (await wallets.send(hong, ming, 4000)).id
        found |= await _top_up(wallets, ming)
        found |= await _withdraw(wallets, ming)
        found |= await _receive(wallets, ming)
        for kind in (MovementKind.CAPITAL, MovementKind.PREFUND):
            await wallets.ask(BookMovement(kind=kind, bank=BANK, reference=kind.name, amount=yuan(900)))
        found |= await _owe(wallets, gang, to=ming)
        return found


async def _owe(wallets: WalletDesk, customer: CustomerId, *, to: CustomerId) -> dict[str, int]:
    """A hundred yuan were sent away before the bank took them back; sixty of them were recovered."""
    lost = await wallets.top_up(customer, 100)
    await wallets.work()
    await wallets.send(customer, to, 100)
    await wallets.ask(ClawBackTopUp(id=lost.id))
    found = await wallets.top_up(customer, 60)
    await wallets.work()
    return {"lost": lost.id, "found": found.id}


async def _top_up(wallets: WalletDesk, customer: CustomerId) -> dict[str, int]:
    good, taken = [await wallets.top_up(customer, amount) for amount in (100, 200)]
    await wallets.work()
    await wallets.ask(ClawBackTopUp(id=taken.id))
    refused = Fault(reason=RefusalReason.CARD_CLOSED)
    await wallets.bank.inject(refused, into=Direction.COLLECT, orders=NextOrders())
    failed = await wallets.top_up(customer, 300)
    await wallets.work()
    return {"topped up": good.id, "clawed back": taken.id, "not topped up": failed.id}


async def _receive(wallets: WalletDesk, customer: CustomerId) -> dict[str, int]:
    number = deposit_number(7_919)
    await wallets.ask(GiveDepositNumber(customer=customer, mode=Mode.LIVE, drawn=number))
    found: dict[str, int] = {}
    for name, amount, remark in (("received", 25, f"for {number}"), ("unclaimed", 35, "for you")):
        told = Received(bank_reference=name, amount=yuan(amount), token="acc_1", payer="W**", remark=remark)
        booked = await wallets.ask(BookReceipt(id=ReceiptId(next(wallets.ids)), bank=BANK, received=told))
        assert isinstance(booked, Receipt), booked
        found[name] = booked.id
    told = Received(bank_reference="lost", amount=yuan(45), token="acc_2", payer="L**", remark="for you")
    await wallets.bank.receive(told)
    await wallets.work()
    async with wallets.database.connection() as connection:
        waiting = await unclaimed_receipts(connection, most=10)
    found["sent back"] = next(one.id for one in waiting if one.bank_reference == "lost")
    back = ReturnReceipt(
        id=ReceiptReturnId(next(wallets.ids)), receipt=ReceiptId(found["sent back"]), why="it is nobody's"
    )
    assert isinstance(await wallets.ask(back), ReceiptReturn)
    await wallets.work()
    return found


async def _withdraw(wallets: WalletDesk, customer: CustomerId) -> dict[str, int]:
    paid, returned = [await wallets.withdraw(customer, amount) for amount in (400, 500)]
    await wallets.work()
    await wallets.ask(ReturnWithdrawal(id=returned.id))
    for fault in (Fault(reason=RefusalReason.CARD_CLOSED), Fault(decided_after_ns=86400 * SECOND)):
        await wallets.bank.inject(fault, into=Direction.PAY, orders=NextOrders())
    refused = await wallets.withdraw(customer, 600)
    await wallets.work()
    slow = await wallets.withdraw(customer, 700)
    await wallets.work()
    return {"withdrawn": paid.id, "returned": returned.id, "refused": refused.id, "under way": slow.id}
