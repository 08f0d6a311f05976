"""Codes in EMVCo's form say where the store is, and there is none of what that form cannot hold."""

from milletpay.codes import read_payload
from tests.flows.market import Market


async def test_a_code_says_where_the_store_is(market: Market) -> None:
    shop = market.client()
    there = {"name": "Peace Street", "country": "CN", "city": "Shanghai", "city_zh": "上海"}
    store = (await shop.post("/v1/stores", there)).json
    assert (store["country"], store["city"], store["city_zh"]) == ("CN", "Shanghai", "上海")
    plate = (await shop.post("/v1/plates", {"store": store["id"]})).json["id"]
    sale = {"amount": 5_00, "currency": "CNY", "reference": market.name(), "store": store["id"]}
    payment = (await shop.post("/v1/payments", sale)).json["id"]
    for path in (f"/v1/plates/{plate}/qr", f"/v1/payments/{payment}/qr"):
        code = read_payload((await shop.get(path)).json["emv"])
        assert [code.find(tag) for tag in ("58", "60", "62.03")] == ["CN", "Shanghai", "Peace Street"]
        assert code.find("64.02") == "上海"
    home = (await shop.post("/v1/stores", {"name": "Home"})).json
    assert (home["country"], home["city"]) == ("CN", "Beijing"), "the merchant's own"
    for wrong in ({"city": "Shanghai"}, {"country": "CN"}, {"country": "china", "city": "Shanghai"}):
        assert (await shop.post("/v1/stores", {"name": "Nowhere"} | wrong)).code == "invalid_field"


async def test_a_city_of_any_text_makes_a_code(market: Market) -> None:
    """ASCII has none of it, or a character of it cannot be printed: the country stands in its place."""
    shop = market.client()
    for city, said in (("上海", "CN"), ("Sa\u0007n", "San"), ("   ", "CN"), ("x" * 60, "x" * 15)):
        there = {"name": "Store", "country": "CN", "city": city}
        made = await shop.post("/v1/stores", there)
        if made.status == 400:
            continue  # such a text is taken nowhere
        plate = (await shop.post("/v1/plates", {"store": made.json["id"]})).json["id"]
        code = read_payload((await shop.get(f"/v1/plates/{plate}/qr")).json["emv"])
        assert code.find("60") == said


async def test_an_amount_of_more_digits_than_the_form_has_is_no_code_of_it(market: Market) -> None:
    shop = market.client()
    for amount, is_there in ((10**12 - 1, True), (10**12, False), (2**63 - 1, False)):
        body = {"amount": amount, "currency": "CNY", "reference": market.name()}
        payment = (await shop.post("/v1/payments", body)).json["id"]
        code = await shop.get(f"/v1/payments/{payment}/qr")
        assert code.status == 200
        assert (code.json["emv"] is not None) is is_there
        assert code.json["payload"].startswith("http")
