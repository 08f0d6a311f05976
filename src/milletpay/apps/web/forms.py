"""Forms that no other site can send: each carries a token that belongs to the browser which was shown it."""

import base64
import hmac
from dataclasses import dataclass, field
from typing import Annotated, Final

import msgspec

from milletpay.apps.http.refusals import EdgeRefusal, Refuse
from milletpay.apps.http.request import Request
from milletpay.apps.http.shapes import Input
from milletpay.plumbing.clock import SECOND

SAME: Final = (b"same-origin", b"none")
"""What `Sec-Fetch-Site` may say of a form that was sent from a page of ours."""

Text = Annotated[str, msgspec.Meta(max_length=2000)]
Key = Annotated[str, msgspec.Meta(min_length=16, max_length=64, pattern="^[0-9a-f]+$")]
"""What makes a form one request, however often it is sent: drawn when the form is shown."""


PROOF_SECONDS: Final = 15 * 60
"""How long somebody may take to fill in a form after the phone was shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneProofs:
    """That a browser has shown a phone: between the code, which is good once, and the form that follows."""

    key: bytes = field(repr=False)

    def of(self, phone: str, *, visitor: str, now: int) -> str:
        """The proof, for this browser alone, from now on."""
        until = f"{now // SECOND + PROOF_SECONDS}"
        return f"{until}.{self._mac(phone, visitor=visitor, until=until)}"

    def holds(self, proof: str, *, phone: str, visitor: str, now: int) -> bool:
        """Whether it is one, and still holds."""
        until, _, mac = proof.partition(".")
        good = self._mac(phone, visitor=visitor, until=until)
        if not visitor or not hmac.compare_digest(mac.encode(), good.encode()):
            return False
        return now < int(until) * SECOND

    def _mac(self, phone: str, *, visitor: str, until: str) -> str:
        text = f"{phone}\0{visitor}\0{until}".encode()
        return base64.urlsafe_b64encode(hmac.digest(self.key, text, "sha256")[:24]).decode()


class Form(Input, frozen=True, kw_only=True):
    """A form that changes something."""

    form_token: Text = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FormTokens:
    """Makes and checks the tokens of forms."""

    key: bytes = field(repr=False)

    def of(self, visitor: str) -> str:
        """The token in the forms that a browser is shown."""
        digest = hmac.digest(self.key, visitor.encode(), "sha256")
        return base64.urlsafe_b64encode(digest[:24]).decode()

    def check(self, request: Request, form: Form, *, visitor: str) -> None:
        """Refuse a form that this browser was not shown by us."""
        site = request.headers.get(b"sec-fetch-site", b"same-origin")
        shown = bool(visitor) and hmac.compare_digest(form.form_token.encode(), self.of(visitor).encode())
        if not shown or site not in SAME:
            raise Refuse(EdgeRefusal.FORM_STALE, "The form was not shown to this browser, or long ago.")
