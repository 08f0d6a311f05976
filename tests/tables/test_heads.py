"""A head as it is printed and read again."""

import pytest

from milletpay.ledger import NotAHead, PublishedHead
from milletpay.ledger.head import Head


def test_a_head_is_read_as_it_is_printed() -> None:
    digest = bytes(range(32))
    assert PublishedHead.parse(str(Head(number=17, digest=digest))) == PublishedHead(17, digest)


@pytest.mark.parametrize("head", ["", "7", "7:", "7:12", ":" + 64 * "0", "x:" + 64 * "0", "7:" + 64 * "g"])
def test_what_is_no_head_is_refused(head: str) -> None:
    with pytest.raises(NotAHead, match="is not a head; write the number of its batch"):
        PublishedHead.parse(head)
