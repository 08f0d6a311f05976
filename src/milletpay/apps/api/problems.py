"""The table of problems of the API: the edge's own, and one block for each enum of refusals of a package.

A package's refusals get their rows here when its first route lands; the tests find enums that have none.
"""

from typing import Final

from milletpay.apps.http.problems import EDGE, EXCEPTIONS, Problems
from milletpay.apps.http.refusals import EdgeRefusal

PROBLEMS: Final = Problems({EdgeRefusal: EDGE}, exceptions=EXCEPTIONS)
