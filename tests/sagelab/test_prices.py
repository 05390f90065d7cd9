"""Prices that a learner types, and sums checked by hand."""

import json
from decimal import Decimal

import pytest

from sagelab.bills import Line
from sagelab.errors import SagelabError
from sagelab.prices import Prices, add_up, money, read_price

ENDPOINT = Line("Hosting", "ml.m5.large", "instance hour", Decimal(2))
STORAGE = Line("S3 storage", "", "GB-month", Decimal("36.5"))
ALARM = Line("CloudWatch alarm", "", "alarm-month", Decimal(3))


def test_money_by_hand():
    """Two instances at 0.115 are 0.23 an hour and 167.90 a month; 36.5 GB at 0.02 are 0.73 a month, 0.001 an hour."""
    prices = {"Hosting: ml.m5.large": Decimal("0.115"), "S3 storage": Decimal("0.02")}

    total = add_up([ENDPOINT, STORAGE], prices)

    assert (total.hourly, total.monthly, total.unpriced) == (Decimal("0.231"), Decimal("168.63"), ())


def test_what_has_no_price_is_left_out_and_named_once():
    total = add_up([ENDPOINT, ENDPOINT, STORAGE, ALARM], {"CloudWatch alarm": Decimal("0.10")})

    assert total.unpriced == ("Hosting: ml.m5.large", "S3 storage")
    assert total.hourly * 730 == Decimal("0.30")


def test_nothing_stored_needs_no_price():
    assert add_up([Line("S3 storage", "", "GB-month", Decimal(0))], {}).unpriced == ()


def test_a_price_of_nothing_is_a_price():
    assert add_up([ENDPOINT], {"Hosting: ml.m5.large": Decimal(0)}).unpriced == ()


@pytest.mark.parametrize(("typed", "price"), [("0.115", "0.115"), (" 2 ", "2"), (".5", "0.5"), ("0", "0")])
def test_a_plain_number_is_a_price(typed, price):
    assert read_price(typed) == Decimal(price)


@pytest.mark.parametrize(
    "typed", ["0,115", "-1", "1e3", "NaN", "Infinity", "$2", "1 2", "٣", "__import__('os')", "9" * 400]
)
def test_anything_else_is_refused_in_a_sentence(typed):
    with pytest.raises(SagelabError, match="is no price; write a number such as"):
        read_price(typed)


def test_an_empty_text_is_no_price():
    assert read_price("  ") is None


@pytest.mark.parametrize(
    ("amount", "shown"),
    [("0", "0"), ("1234.5", "1,234.50"), ("0.115", "0.115"), ("0.2", "0.20"), ("0.0000421", "0.0000421"),
     ("0.999999", "1.00"), ("1.006", "1.01"), ("1E-20", "0.00")],
)  # fmt: skip
def test_money_is_shown_with_the_digits_that_it_needs(amount, shown):
    assert money(Decimal(amount)) == shown


def test_prices_are_kept_and_forgotten(tmp_path):
    file = tmp_path / "prices.json"
    Prices(file).set("S3 storage", "0.02")
    Prices(file).set("Hosting: ml.m5.large", "0.115")

    assert json.loads(file.read_text("utf-8")) == {"S3 storage": "0.02", "Hosting: ml.m5.large": "0.115"}
    Prices(file).set("S3 storage", "")
    assert Prices(file).values == {"Hosting: ml.m5.large": Decimal("0.115")}


def test_a_refused_price_leaves_the_kept_one(tmp_path):
    prices = Prices(tmp_path / "prices.json")
    prices.set("S3 storage", "0.02")

    with pytest.raises(SagelabError):
        prices.set("S3 storage", "two")

    assert Prices(tmp_path / "prices.json").typed == {"S3 storage": "0.02"}


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"a": 1}', '{"a": "-1"}', '{"a": "NaN"}', "\x00", "[" * 100_000, '{"a": "1"} x']
)
def test_a_damaged_file_is_set_aside_and_told(tmp_path, text):
    file = tmp_path / "prices.json"
    file.write_text(text, "utf-8")

    prices = Prices(file)

    assert prices.typed == {}
    assert "was set aside as prices.json.damaged" in prices.note
    assert (tmp_path / "prices.json.damaged").read_text("utf-8") == text


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    prices = Prices(tmp_path / "gone" / "prices.json")

    with pytest.raises(SagelabError, match=r"prices\.json cannot be written"):
        prices.set("S3 storage", "1")
    assert prices.typed == {}
