"""Values of metric labels: few, and known at the start of the process."""

from collections.abc import Iterable

OTHER = "other"
"""Label value for everything that has no series of its own."""

MAX_RAILS = 20
"""Rails of a policy with series of their own. Each costs a worker 27 series, half of them buckets."""

CURRENCIES = (
    *"USD EUR JPY GBP CNY AUD CAD CHF HKD SGD SEK KRW NOK NZD INR MXN TWD ZAR BRL".split(),
    OTHER,
)
"""Values of the label `currency`: the most traded ones (BIS triennial survey of 2022)."""


class RailLabels:
    """The values of the label `rail`: the policy's rails in its order, at most `MAX_RAILS`, then `other`.

    `rails` are the rail names of a policy. `default` is not a value: it judges payments of unknown rails, and
    these count as `other`.
    """

    def __init__(self, rails: Iterable[str]) -> None:
        own = [rail for rail in rails if rail not in ("default", OTHER)]
        self.values = (*own[:MAX_RAILS], OTHER)

    def label(self, rail: str | None) -> str:
        """Return the label value for the rail that a payment names."""
        name = (rail or "").lower()
        return name if name in self.values else OTHER


def currency_label(currency: str | None) -> str:
    """Return the label value for the currency that a payment names."""
    return currency if currency in CURRENCIES else OTHER
