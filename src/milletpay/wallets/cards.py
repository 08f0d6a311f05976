"""Cards: bound to a customer, and removed. The bank has checked a card before it is bound."""

from dataclasses import dataclass, field, replace

from milletpay.customers import CustomerId
from milletpay.rails import BankKey
from milletpay.wallets.facts import WalletFacts
from milletpay.wallets.model import Card, CardId, WalletRefusal, WalletRefused


@dataclass(frozen=True, slots=True, kw_only=True)
class BindCard:
    """Bind a card that the bank knows by this token. One that was bound before is that one again."""

    id: CardId
    customer: CustomerId
    bank: BankKey
    token: str = field(repr=False)
    masked: str

    @property
    def reference(self) -> str:
        """As `Card.reference`."""
        return f"{self.bank.code} {self.token}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveCard:
    """Remove a customer's card: nothing new goes over it. The same again answers with the same card."""

    id: CardId
    customer: CustomerId


def bind_card(facts: WalletFacts, command: BindCard) -> Card | WalletRefused:
    """The card, bound."""
    if facts.member(command.customer, mode=command.bank.mode) is None:
        return WalletRefused(
            refusal=WalletRefusal.CUSTOMER_NOT_FOUND, detail="there is no such customer in this mode"
        )
    known = facts.cards.get(command.id)
    if known is not None and (known.customer, known.bank, known.token) != (
        command.customer,
        command.bank,
        command.token,
    ):
        return WalletRefused(
            refusal=WalletRefusal.REFERENCE_USED, detail="this id names another card", object=known.id
        )
    card = known or facts.cards.same(command.id, customer=command.customer, reference=command.reference)
    if card is not None and not card.removed_at:
        return card
    if card is not None:
        card = replace(card, removed_at=0, bound_at=facts.book.now, version=card.version + 1)
    else:
        card = Card(
            id=command.id,
            customer=command.customer,
            bank=command.bank,
            token=command.token,
            masked=command.masked,
            bound_at=facts.book.now,
        )
    facts.tell("card.bound", about=card.id, version=card.version)
    return facts.cards.keep(card)


def remove_card(facts: WalletFacts, command: RemoveCard) -> Card | WalletRefused:
    """The card, removed."""
    card = facts.cards.get(command.id)
    if card is None or card.customer != command.customer:
        return WalletRefused(refusal=WalletRefusal.CARD_NOT_FOUND, detail="the customer has no such card")
    if card.removed_at:
        return card
    card = replace(card, removed_at=facts.book.now, version=card.version + 1)
    facts.tell("card.removed", about=card.id, version=card.version)
    return facts.cards.keep(card)
