"""Building blocks of the dashboards' PromQL queries, limited to the selected gate."""

RATE, RANGE = "$__rate_interval", "$__range"
"""Grafana's variables: a few scrape intervals, and the selected time range."""

KEYS = "cluster, namespace, gate"
"""The labels that tell gates apart. Every aggregation keeps them."""

GATE = 'cluster=~"$cluster", namespace=~"$namespace", gate=~"$gate"'
"""Matchers of the selected gate; a label that nobody sets is matched by an empty variable."""


def of(metric: str, where: str = "") -> str:
    """Return a metric of the selected gate, with further label matchers."""
    return f"{metric}{{{GATE}{', ' if where else ''}{where}}}"


def rate(metric: str, by: str = "", where: str = "", shift: str = "") -> str:
    """Return a counter's rate per second, summed by labels; `shift` is an offset."""
    return f"sum {keeping(by)} (rate({of(metric, where)}[{RATE}]{shift}))"


def grown(metric: str, by: str = "", where: str = "", over: str = RATE) -> str:
    """Return a counter's increase, summed by labels."""
    return f"sum {keeping(by)} (increase({of(metric, where)}[{over}]))"


def mean(histogram: str, by: str = "", where: str = "") -> str:
    """Return the mean of a histogram's observations."""
    return f"{rate(histogram + '_sum', by, where)} / {rate(histogram + '_count', by, where)}"


def most(metric: str, by: str = "", where: str = "") -> str:
    """Return the highest value by labels."""
    return f"max {keeping(by)} ({of(metric, where)})"


def kinds(metric: str, labels: str) -> str:
    """Return the number of different values of labels."""
    return f"count {keeping()} (count {keeping(labels)} ({of(metric)}))"


def keeping(labels: str = "") -> str:
    """Return the clause of an aggregation that keeps gates apart, and these labels."""
    return f"by ({KEYS}{', ' if labels else ''}{labels})"
