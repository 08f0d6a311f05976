"""Payments: what customers pay merchants. The heart.

Words: a **payment** is made by a merchant and paid by one customer, at most once. **Authorized** is held,
**captured** is the merchant's; a **refund** gives a part back; a **reversal** undoes a payment by a merchant
that does not know how it ended, and before the payment has come it leaves a **mark**. An **agreement** is a
customer's permission for a merchant to charge without asking each time.

What holds: refunded <= captured <= authorized <= amount; one request under one key or reference has one
effect; the fee over several captures adds up to the quote on the whole; what counts towards limits is counted
on one day and given back to it; a hold and its payment end together; every effect on a balance is a recipe of
`postings`.
"""

from milletpay.payments.agreements import Agreed, CancelAgreement, ProposeAgreement, SignAgreement
from milletpay.payments.announcements import AnnounceCharge, WithdrawAnnouncement
from milletpay.payments.attempts import CreatePayment, Made, PayPayment
from milletpay.payments.bank_errands import card_ears, card_jobs
from milletpay.payments.captures import CancelPayment, CapturePayment, ExpirePayment
from milletpay.payments.cards import ResolveDraw, ResolveGiveBack
from milletpay.payments.coded import DeclinePayment
from milletpay.payments.guessing import Guesses
from milletpay.payments.model import (
    AGREEMENT_ID,
    ANNOUNCEMENT_ID,
    PAYMENT_ID,
    REFUND_ID,
    Agreement,
    AgreementId,
    AgreementStatus,
    Announcement,
    AnnouncementId,
    Attempt,
    CaptureMethod,
    Decline,
    Flag,
    Payment,
    PaymentId,
    Refund,
    RefundId,
    Refusal,
    Refused,
    Request,
)
from milletpay.payments.moves import Move, MoveKind
from milletpay.payments.operations import Payments
from milletpay.payments.plates import PayPlate
from milletpay.payments.presented import Presented
from milletpay.payments.presenters import Presenters
from milletpay.payments.presenting import (
    CodeRefusal,
    CodeRefused,
    CodeRule,
    EnrollPresenter,
    Presenter,
    RuleCodes,
    forget_old_codes,
    rule_in_force,
)
from milletpay.payments.proofs import fees_of_payments, payment_proofs
from milletpay.payments.queries import (
    agreements_of,
    announcements_of,
    attempts_of,
    count_payments,
    find_agreement,
    find_agreements,
    find_announcement,
    find_code_rule,
    find_guesses,
    find_payment,
    find_payments,
    find_presenter,
    find_refund,
    find_refunds,
    payments_asked,
    payments_due,
    payments_of,
    payments_of_device,
    payments_presented,
    plates_paid_since,
    refunds_of,
    versions_asked,
    versions_of,
    versions_presented,
)
from milletpay.payments.refunds import Marked, Refunded, RefundPayment, ReversePayment
from milletpay.payments.shapes import (
    AgreementShape,
    AnnouncementShape,
    FundingShape,
    PaymentShape,
    RefundShape,
    Shown,
    funding_of,
)
from milletpay.payments.states import Destination, Outcome, PaymentStatus, RefundStatus
from milletpay.payments.stories import Answer, Command
from milletpay.payments.take_backs import TakeBackDraw

__all__ = [
    "AGREEMENT_ID",
    "ANNOUNCEMENT_ID",
    "PAYMENT_ID",
    "REFUND_ID",
    "Agreed",
    "Agreement",
    "AgreementId",
    "AgreementShape",
    "AgreementStatus",
    "AnnounceCharge",
    "Announcement",
    "AnnouncementId",
    "AnnouncementShape",
    "Answer",
    "Attempt",
    "CancelAgreement",
    "CancelPayment",
    "CaptureMethod",
    "CapturePayment",
    "CodeRefusal",
    "CodeRefused",
    "CodeRule",
    "Command",
    "CreatePayment",
    "Decline",
    "DeclinePayment",
    "Destination",
    "EnrollPresenter",
    "ExpirePayment",
    "Flag",
    "FundingShape",
    "Guesses",
    "Made",
    "Marked",
    "Move",
    "MoveKind",
    "Outcome",
    "PayPayment",
    "PayPlate",
    "Payment",
    "PaymentId",
    "PaymentShape",
    "PaymentStatus",
    "Payments",
    "Presented",
    "Presenter",
    "Presenters",
    "ProposeAgreement",
    "Refund",
    "RefundId",
    "RefundPayment",
    "RefundShape",
    "RefundStatus",
    "Refunded",
    "Refusal",
    "Refused",
    "Request",
    "ResolveDraw",
    "ResolveGiveBack",
    "ReversePayment",
    "RuleCodes",
    "Shown",
    "SignAgreement",
    "TakeBackDraw",
    "WithdrawAnnouncement",
    "agreements_of",
    "announcements_of",
    "attempts_of",
    "card_ears",
    "card_jobs",
    "count_payments",
    "fees_of_payments",
    "find_agreement",
    "find_agreements",
    "find_announcement",
    "find_code_rule",
    "find_guesses",
    "find_payment",
    "find_payments",
    "find_presenter",
    "find_refund",
    "find_refunds",
    "forget_old_codes",
    "funding_of",
    "payment_proofs",
    "payments_asked",
    "payments_due",
    "payments_of",
    "payments_of_device",
    "payments_presented",
    "plates_paid_since",
    "refunds_of",
    "rule_in_force",
    "versions_asked",
    "versions_of",
    "versions_presented",
]
