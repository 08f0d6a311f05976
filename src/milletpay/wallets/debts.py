"""What customers owe us after a claw-back: taken from the next money that comes into their wallets."""

from milletpay.customers import CustomerId
from milletpay.ledger import Book, CreateTransferStatus
from milletpay.ledger.chart import Mode, TransferCode
from milletpay.money import Money
from milletpay.wallets.postings import debt_recovered, owed_account


def recover_debt(
    book: Book,
    *,
    customer: CustomerId,
    mode: Mode,
    came: Money,
    about: int,
    codes: tuple[TransferCode, TransferCode],
) -> int:
    """Take what the customer owes us from what has just come in, as far as it goes; how much that was.

    :param about: the id of what brought the money, by which its entries in the book are found
    """
    standing = book.machine.standing(owed_account(customer, mode=mode, currency=came.currency))
    owed = 0 if standing is None else standing.debits_posted - standing.credits_posted
    amount = min(owed, came.minor)
    if amount <= 0:
        return 0
    transfers = debt_recovered(
        codes,
        customer=customer,
        amount=Money(amount, came.currency),
        mode=mode,
        about=about,
        ids=book.new_id,
        date=book.accounting_date,
    )
    statuses = book.post(transfers)
    assert set(statuses) == {CreateTransferStatus.created}, f"{statuses} for {about}"
    return amount
