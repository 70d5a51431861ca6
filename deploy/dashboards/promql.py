"""Building blocks of the dashboards' PromQL queries, limited to the selected jobs."""

RATE, RANGE = "$__rate_interval", "$__range"
"""Grafana's variables: a few scrape intervals, and the selected time range."""


def of(metric: str, where: str = "") -> str:
    """Return a metric of the selected jobs, with further label matchers."""
    return f'{metric}{{job=~"$job"{", " if where else ""}{where}}}'


def rate(metric: str, by: str = "", where: str = "", shift: str = "") -> str:
    """Return a counter's rate per second, summed by labels; `shift` is an offset."""
    return f"sum{_by(by)} (rate({of(metric, where)}[{RATE}]{shift}))"


def grown(metric: str, by: str = "", where: str = "", over: str = RATE) -> str:
    """Return a counter's increase, summed by labels."""
    return f"sum{_by(by)} (increase({of(metric, where)}[{over}]))"


def mean(histogram: str, by: str = "", where: str = "") -> str:
    """Return the mean of a histogram's observations."""
    return f"{rate(histogram + '_sum', by, where)} / {rate(histogram + '_count', by, where)}"


def most(metric: str, by: str = "") -> str:
    """Return the highest value by labels."""
    return f"max{_by(by)} ({of(metric)})"


def _by(labels: str) -> str:
    return f" by ({labels})" if labels else ""
