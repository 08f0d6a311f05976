"""Who sells in the town: the house's own shop, and its partners."""

from dataclasses import dataclass
from typing import Final

from milletpay.merchants import MerchantId, Names
from milletpay.money import Currency, Money
from milletpay.simulation.chance import id_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Partner:
    """A business of the town."""

    number: int
    names: Names
    category: int
    """Merchant category code of ISO 18245."""
    basis_points: int
    """What it pays us of each payment, in hundredths of a percent."""
    store: Names | None = None
    """Its store in town, if it has one; a code plate stands there."""

    @property
    def id(self) -> MerchantId:
        """Its id."""
        return MerchantId(id_of("merchant", self.number))


CNY: Final = Currency.CNY

SHOP: Final = Partner(
    number=0,
    names=Names(en="Millet Shop", zh="小米粒商城"),
    category=5732,
    basis_points=0,
    store=Names(en="Riverside Store", zh="河畔店"),
)
PARTNERS: Final = (
    Partner(number=1, names=Names(en="Tinder Games", zh="火绒游戏"), category=5816, basis_points=60),
    Partner(number=2, names=Names(en="Drift Browser", zh="浮云浏览器"), category=5817, basis_points=50),
    Partner(number=3, names=Names(en="Inkstone Office", zh="砚台办公"), category=5817, basis_points=50),
    Partner(number=4, names=Names(en="Firefly Video", zh="流萤视频"), category=5815, basis_points=55),
    Partner(number=5, names=Names(en="Magpie Voice", zh="喜鹊语音"), category=4814, basis_points=55),
    Partner(number=6, names=Names(en="Cicada Answers", zh="知了问答"), category=5815, basis_points=50),
    Partner(
        number=7,
        names=Names(en="Cottonfield", zh="棉田衣坊"),
        category=5651,
        basis_points=38,
        store=Names(en="Old Street Store", zh="老街店"),
    ),
    Partner(number=8, names=Names(en="Kite Tech News", zh="纸鸢科技报"), category=5815, basis_points=50),
    Partner(number=9, names=Names(en="Riverside Music", zh="河畔音乐"), category=5815, basis_points=55),
    Partner(number=10, names=Names(en="Lantern Reading", zh="灯下读书"), category=5815, basis_points=50),
)
"""Games, a browser, office software, video, voice chat, answers, clothing, news, music, books."""

VIDEO: Final = PARTNERS[3]
"""Which of them sells for televisions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Film:
    """Something to watch."""

    content: str
    names: Names
    price: Money
    days: int | None = None
    """How long it may be watched; None for ever."""


FILMS: Final = (
    Film(content="film-long-river", names=Names(en="The Long River", zh="长河"), price=Money(12_00, CNY)),
    Film(content="film-owls", names=Names(en="Owls of the North", zh="北方的猫头鹰"), price=Money(8_00, CNY)),
    Film(
        content="channel-nature",
        names=Names(en="Nature, one month", zh="自然频道，一个月"),
        price=Money(15_00, CNY),
        days=31,
    ),
    Film(
        content="pass-weekend",
        names=Names(en="All films, one weekend", zh="周末看个够"),
        price=Money(5_00, CNY),
        days=3,
    ),
)
