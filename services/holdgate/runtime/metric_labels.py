"""Values of metric labels: few, and known beforehand."""

RAILS = ("swift", "sct", "sct_inst", "fednow", "rtp", "internal", "other")
"""Values of the label `rail`; what a payment says beyond these counts as `other`."""

CURRENCIES = tuple(
    "USD EUR JPY GBP CNY AUD CAD CHF HKD SGD SEK KRW NOK NZD INR MXN TWD ZAR BRL other".split()
)
"""Values of the label `currency`: those that are traded most (BIS triennial survey of 2022); what a payment
says beyond these counts as `other`."""

OTHER = "other"


def rail_label(rail: str | None) -> str:
    """The value of the label `rail` for what a payment says."""
    known = (rail or "").lower()
    return known if known in RAILS else OTHER


def currency_label(currency: str | None) -> str:
    """The value of the label `currency` for what a payment says."""
    return currency if currency in CURRENCIES else OTHER
