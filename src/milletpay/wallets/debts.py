"""What customers owe us of what a bank took back: taken from the next money that comes into their wallets."""

from milletpay.customers import CustomerId
from milletpay.ledger import Book, CreateAccountStatus, CreateTransferStatus
from milletpay.ledger.chart import Mode, TransferCode
from milletpay.money import Money
from milletpay.wallets.postings import balance_account, debt_account, debt_recovered, owed_account


def shortfall_of(book: Book, *, customer: CustomerId, mode: Mode, taken: Money) -> int:
    """What the balance lacks of what a bank took back, in minor units; what is owed has its account then."""
    standing = book.machine.standing(balance_account(customer, mode=mode, currency=taken.currency))
    assert standing is not None, f"no account of {customer}"
    available = standing.credits_posted - standing.debits_posted - standing.debits_pending
    shortfall = taken.minor - min(taken.minor, available)
    if shortfall:
        opened = book.open_accounts([debt_account(customer, mode=mode, currency=taken.currency)])
        assert set(opened) <= {CreateAccountStatus.created, CreateAccountStatus.exists}, opened
    return shortfall


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
