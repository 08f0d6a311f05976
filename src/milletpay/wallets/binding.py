"""Binding a card: the bank is asked first, outside of any transaction; what it gives goes to the desk."""

from milletpay.customers import Customer
from milletpay.rails import Banks, Binding, BoundCard, CardNumber, NotBound
from milletpay.wallets.cards import BindCard
from milletpay.wallets.model import CardId


async def ask_to_bind(
    banks: Banks, *, id: CardId, customer: Customer, number: CardNumber, holder: str = "", phone: str = ""
) -> BindCard | NotBound | None:
    """Have the bank see whether a card is the customer's: the command that binds it, or the bank's no.

    :param holder: whose name is on the card; the customer's when empty, and so with the phone number
    :return: nothing when the card is of none of our banks
    """
    bank = banks.issuer(number, mode=customer.mode)
    if bank is None:
        return None
    binding = Binding(number=number, holder=holder or customer.name, phone=phone or customer.phone)
    bound = await bank.bind(binding)
    if not isinstance(bound, BoundCard):
        return bound
    return BindCard(id=id, customer=customer.id, bank=bank.key, token=bound.token, masked=bound.masked)
