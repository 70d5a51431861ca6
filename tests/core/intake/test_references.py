"""Character references in the texts of a payment are decoded once, and nothing else changes."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdgate.core.intake.references import decode_references
from holdgate.core.model.payment import Payment


def _payment(name: str) -> Payment:
    members = {
        "payment_id": "&amp;1",
        "creditor": {"name": name},
        "remittance": ["to " + name],
        "amount": "1.00",
    }
    return msgspec.convert(members, Payment)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("&#1055;&#1091;&#1090;&#1080;&#1085;", "Путин"),
        ("&#x50;utin &#X41;", "Putin A"),
        ("Smith &amp; Sons &lt;&gt;&quot;&apos;", "Smith & Sons <>\"'"),
        ("&amp;#65;", "&#65;"),
        ("&eacute; &#; &#x; &#xD800; &#9999999; R&D;", "&eacute; &#; &#x; &#xD800; &#9999999; R&D;"),
    ],
)
def test_references_are_decoded_once(written: str, meant: str) -> None:
    decoded = decode_references(_payment(written))
    assert decoded.creditor is not None
    assert decoded.creditor.name == meant
    assert decoded.remittance == ("to " + meant,)


@given(st.text(alphabet="&#x;amp419Z ", min_size=1, max_size=30))
def test_a_payment_without_references_is_the_same(name: str) -> None:
    payment = msgspec.structs.replace(_payment(name), payment_id="1")
    decoded = decode_references(payment)
    assert decoded.creditor is not None
    assert payment.creditor is not None
    assert (decoded is payment) == (decoded.creditor.name == payment.creditor.name)
