"""The queries that dashboards are made of, each over the jobs that are chosen."""

RATE, RANGE = "$__rate_interval", "$__range"
"""Grafana's: some scrapes, and the whole time that is looked at."""


def of(metric: str, where: str = "") -> str:
    """A metric of the chosen jobs, with further matchers."""
    return f'{metric}{{job=~"$job"{", " if where else ""}{where}}}'


def rate(metric: str, by: str = "", where: str = "", shift: str = "") -> str:
    """What a counter grows by a second, summed up by labels; `shift` looks back."""
    return f"sum{_by(by)} (rate({of(metric, where)}[{RATE}]{shift}))"


def grown(metric: str, by: str = "", where: str = "", over: str = RATE) -> str:
    """What a counter grew by, summed up by labels."""
    return f"sum{_by(by)} (increase({of(metric, where)}[{over}]))"


def mean(histogram: str, by: str = "", where: str = "") -> str:
    """The mean of what a histogram saw."""
    return f"{rate(histogram + '_sum', by, where)} / {rate(histogram + '_count', by, where)}"


def most(metric: str, by: str = "") -> str:
    """The highest value by labels."""
    return f"max{_by(by)} ({of(metric)})"


def _by(labels: str) -> str:
    return f" by ({labels})" if labels else ""
