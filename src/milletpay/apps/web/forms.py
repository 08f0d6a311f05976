"""Forms that no other site can send: each carries a token that belongs to the browser which was shown it."""

import base64
import hmac
from dataclasses import dataclass, field
from typing import Annotated, Final

import msgspec

from milletpay.apps.http.refusals import EdgeRefusal, Refuse
from milletpay.apps.http.request import Request
from milletpay.apps.http.shapes import Input

SAME: Final = (b"same-origin", b"none")
"""What `Sec-Fetch-Site` may say of a form that was sent from a page of ours."""

Text = Annotated[str, msgspec.Meta(max_length=2000)]
Key = Annotated[str, msgspec.Meta(min_length=16, max_length=64, pattern="^[0-9a-f]+$")]
"""What makes a form one request, however often it is sent: drawn when the form is shown."""


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
