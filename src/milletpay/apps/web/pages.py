"""Pages: from facts to HTML, in the language and theme of whoever looks; and onward to the next page."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from itertools import groupby
from typing import Any, Final
from urllib.parse import quote, urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined

from milletpay.apps.http.answers import HTML, Answer
from milletpay.apps.http.asgi import HeaderLine
from milletpay.apps.http.problems import Problem
from milletpay.apps.http.request import Request
from milletpay.apps.web.catalog import TAGS, Catalog, load_catalog, named
from milletpay.apps.web.forms import Form, FormTokens
from milletpay.apps.web.look import YEAR, Cookies, Look, local_path
from milletpay.apps.web.static import Static
from milletpay.entitlements import ordered_names
from milletpay.money import Language, Money, format_money, symbol_of
from milletpay.plumbing.clock import SECOND
from milletpay.plumbing.dates import SHANGHAI
from milletpay.plumbing.ids import Entropy

VISITOR_BYTES: Final = 16
SIGN_IN: Final = "/wallet/sign-in"
SIGNED_OUT: Final = frozenset({"credential_missing", "credential_invalid"})


@dataclass(frozen=True, slots=True, kw_only=True)
class CutMoney:
    """An amount in the pieces that are shown in different sizes."""

    minus: str
    symbol: str
    units: str
    cents: str


class Pages:
    """Shows pages; in a demo they say so."""

    def __init__(self, *, base_url: str, form_key: bytes, entropy: Entropy, is_demo: bool) -> None:
        self.base_url = base_url
        self.cookies: Final = Cookies(secure=base_url.startswith("https:"))
        self.static: Final = Static()
        self.catalog: Final = load_catalog()
        self._forms = FormTokens(key=form_key)
        self._entropy = entropy
        self._environment = _environment(self.static, is_demo=is_demo)

    def look(self, request: Request) -> Look:
        """How this browser wants to be shown a page."""
        return self.cookies.look(request.scope["headers"])

    def new_key(self) -> str:
        """What makes the form that is shown one request, however often it is sent."""
        return self._entropy(VISITOR_BYTES).hex()

    def check(self, request: Request, form: Form) -> None:
        """Refuse a form that this browser was not shown by us."""
        self._forms.check(request, form, visitor=self.look(request).visitor)

    def show(
        self,
        request: Request,
        template: str,
        *,
        status: HTTPStatus = HTTPStatus.OK,
        headers: tuple[HeaderLine, ...] = (),
        **facts: object,
    ) -> Answer:
        """Show a page."""
        look = self.look(request)
        visitor = look.visitor
        if not visitor:
            visitor = self.new_key()
            headers = (*headers, self.cookies.keep(self.cookies.visitor, visitor, seconds=YEAR))
        page = self._environment.get_template(template).render(
            self._facts(request, look), form_token=self._forms.of(visitor), **facts
        )
        return Answer(status=status.value, content=page.encode(), media=HTML, headers=headers)

    def go(self, path: str, *cookies: HeaderLine) -> Answer:
        """Send the browser on, so that a refresh repeats nothing."""
        location = (b"location", path.encode("ascii"))
        return Answer(status=HTTPStatus.SEE_OTHER, content=b"", media=HTML, headers=(location, *cookies))

    def to_sign_in(self, request: Request) -> Answer:
        """Send somebody to sign in, and back here afterwards."""
        here = request.path if request.scope["method"] in {"GET", "HEAD"} else "/wallet"
        return self.go(f"{SIGN_IN}?next={quote(local_path(here), safe='')}")

    def problem(self, problem: Problem, request: Request) -> Answer:
        """Why a request was refused, as a page that helps on."""
        if problem.code in SIGNED_OUT:
            return self.to_sign_in(request)
        reading = request.scope["method"] in {"GET", "HEAD"}
        if problem.code == "method_not_allowed" and reading:
            # Where only forms are sent: on to the page that they stand on.
            return self.go(local_path(request.path.rpartition("/")[0]))
        language = self.look(request).language
        known = problem.code if self.catalog.has(f"problem.{problem.code}") else _kind(problem.status)
        way, way_on = "home", "/"
        if not reading and (page := self._sent_from(request)):
            way, way_on = "back", page
        elif reading and problem.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            way, way_on = "again", local_path(request.path)
        return self.show(
            request,
            "problem.html",
            status=HTTPStatus(problem.status),
            heading=self.catalog.say(f"problem.{known}", language),
            advice=self.catalog.say(f"problem.{known}_more", language),
            is_ours=problem.status >= HTTPStatus.INTERNAL_SERVER_ERROR,
            way=way,
            way_on=way_on,
            request_id=problem.request_id,
        )

    def _sent_from(self, request: Request) -> str:
        """The page of ours that a form stood on, as the browser says; nothing when it says another one."""
        referer = request.headers.get(b"referer", b"").decode("latin-1")
        host = request.headers.get(b"host", b"").decode("latin-1")
        address = urlsplit(referer)
        return local_path(address.path) if host and address.netloc == host else ""

    def said(self, request: Request, code: str, **facts: object) -> str:
        """What the word that a page was sent on with means; nothing for a word that is none of ours."""
        key = f"said.{code}"
        return self.catalog.say(key, self.look(request).language, **facts) if self.catalog.has(key) else ""

    def _facts(self, request: Request, look: Look) -> Mapping[str, Any]:
        language, catalog = look.language, self.catalog
        query = request.scope["query_string"].decode("ascii", "replace")
        here = local_path(request.path) + (f"?{query}" if query else "")
        return {
            "t": lambda key, **facts: catalog.say(key, language, **facts),
            "named": lambda names: named(names, language),
            "what": lambda description: _what(description, language),
            "money": lambda amount: format_money(amount, language=language),
            "cut_money": lambda amount: cut_money(amount, language=language),
            "category": lambda number: _category(catalog, number, language),
            "bank": lambda code: _bank(catalog, code, language),
            "moment": moment,
            "day": lambda timestamp: day(timestamp, language=language),
            "language_tag": TAGS[language],
            "other_language": look.other_language.value,
            "theme": look.theme,
            "next_theme": look.next_theme,
            "path": request.path,
            "back": quote(here, safe=""),
        }


def cut_money(amount: Money, *, language: Language) -> CutMoney:
    """Cut an amount into its pieces; together they are what `format_money` writes."""
    symbol = symbol_of(amount.currency, language=language)
    minus, _, number = format_money(amount, language=language).partition(symbol)
    units, point, cents = number.partition(".")
    return CutMoney(minus=minus, symbol=symbol, units=units, cents=point + cents)


def moment(timestamp: int) -> str:
    """A moment of an entry: hours and minutes where we are."""
    return _local(timestamp).strftime("%H:%M")


def day(timestamp: int, *, language: Language) -> str:
    """The day of an entry, as it stands above the entries of that day."""
    local = _local(timestamp)
    if language is Language.ZH:
        return f"{local.year}年{local.month}月{local.day}日"
    return f"{local:%B} {local.day}, {local.year}"


def minutes(seconds: int) -> str:
    """A time that is left: 14:59, or 1:02:03."""
    hours, rest = divmod(max(0, seconds), 3600)
    small = f"{rest // 60:02d}:{rest % 60:02d}" if hours else f"{rest // 60}:{rest % 60:02d}"
    return f"{hours}:{small}" if hours else small


def phone(number: str) -> str:
    """A phone number as it is read: 138 0013 8000 for one of mainland China."""
    digits = number.removeprefix("+86")
    return f"{digits[:3]} {digits[3:7]} {digits[7:]}" if digits != number else number


def in_fours(digits: str) -> str:
    """A long number as it stands on a card: 6222 0212 0000 1234 567."""
    return " ".join(digits[place : place + 4] for place in range(0, len(digits), 4))


def masked_name(name: str) -> str:
    """A name that shows its owner to friends, and to strangers little: *小明."""
    return f"*{name[1:]}" if len(name) > 1 else "*"


def _environment(static: Static, *, is_demo: bool) -> Environment:
    environment = Environment(
        loader=PackageLoader("milletpay.apps.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["groupby_day"] = _by_day
    environment.globals |= {
        "static": static.path,
        "demo": is_demo,
        "minutes": minutes,
        "phone": phone,
        "masked_name": masked_name,
        "in_fours": in_fours,
    }
    return environment


def _by_day(lines: Iterable[Any]) -> list[list[Any]]:
    """Lines in their order, those of one day together."""
    return [list(lines) for _, lines in groupby(lines, key=lambda line: _local(line.timestamp).date())]


def _category(catalog: Catalog, number: int, language: Language) -> str:
    key = f"category.{number}"
    return catalog.say(key if catalog.has(key) else "category.other", language)


def _bank(catalog: Catalog, code: str, language: Language) -> str:
    """What a bank is called in a language; nothing for one that has the same name in all."""
    key = f"bank.{code}"
    return catalog.say(key, language) if catalog.has(key) else ""


def _what(description: str, language: Language) -> str:
    """What a payment is for; of what a television ordered, the name in one language."""
    names = ordered_names(description)
    return description if names is None else named(names, language)


def _kind(status: int) -> str:
    return "defect" if status >= 500 else "not_understood"


def _local(timestamp: int) -> datetime:
    return datetime.fromtimestamp(timestamp // SECOND, SHANGHAI)
