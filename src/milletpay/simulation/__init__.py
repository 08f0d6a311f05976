"""The simulation: a small town of play money, in which every kind of payment can be tried.

Words: the **town** has a house with a shop of its own, ten **partners** that sell, and fifty **people** with
wallets. Who they are follows from nothing but this package; their keys and tokens follow from the pepper of
the books, so that no two houses share one.

What holds: seeding does what anybody could do, command by command, and money enters through the bank alone;
an interrupted seeding is finished by the next, and a finished one changes nothing.
"""

from milletpay.simulation.demo_file import write_demo
from milletpay.simulation.partners import PARTNERS, SHOP, Partner
from milletpay.simulation.people import PEOPLE, Person
from milletpay.simulation.settled import Town
from milletpay.simulation.town import open_town

__all__ = ["PARTNERS", "PEOPLE", "SHOP", "Partner", "Person", "Town", "open_town", "write_demo"]
