"""What the house's own shop sells in the demo."""

from dataclasses import dataclass
from typing import Final

from milletpay.merchants import Names
from milletpay.money import Currency, Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Good:
    """Something to buy; `slug` is its name in addresses and of its picture."""

    slug: str
    names: Names
    about: Names
    price: Money


GOODS: Final = (
    Good(
        slug="phone",
        names=Names(en="Millet Phone 4", zh="小米粒手机 4"),
        about=Names(en="5-inch screen, 64 GB, feels like a river stone", zh="5 英寸屏，64 GB，手感像鹅卵石"),
        price=Money(1999_00, Currency.CNY),
    ),
    Good(
        slug="tv-box",
        names=Names(en="Millet TV Box", zh="小米粒电视盒子"),
        about=Names(en="Films and games on the screen you have", zh="给家里的电视装上影院和游戏厅"),
        price=Money(299_00, Currency.CNY),
    ),
    Good(
        slug="earphones",
        names=Names(en="Piston Earphones", zh="活塞耳机"),
        about=Names(en="Aluminum, a good bass, no tangles", zh="铝合金音腔，低音扎实，不打结"),
        price=Money(99_00, Currency.CNY),
    ),
    Good(
        slug="band",
        names=Names(en="Millet Band", zh="小米粒手环"),
        about=Names(en="Thirty days on one charge", zh="充一次电，戴三十天"),
        price=Money(79_00, Currency.CNY),
    ),
    Good(
        slug="power-bank",
        names=Names(en="Power Bank 10400", zh="移动电源 10400"),
        about=Names(en="Four phones full, and light in the bag", zh="能充四次手机，放包里不沉"),
        price=Money(69_00, Currency.CNY),
    ),
    Good(
        slug="rabbit",
        names=Names(en="Rabbit in a Scarf", zh="围巾兔"),
        about=Names(en="Plush, sits on every shelf", zh="毛绒公仔，哪儿都坐得住"),
        price=Money(19_90, Currency.CNY),
    ),
)
