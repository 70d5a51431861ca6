"""Plain descriptions of panels and dashboards, and their conversion to Grafana's format."""

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

from grafana_foundation_sdk.builders import common, dashboard, heatmap, prometheus, stat, table, timeseries
from grafana_foundation_sdk.models import common as options
from grafana_foundation_sdk.models.dashboard import (
    DashboardCursorSync,
    DashboardLinkType,
    DataSourceRef,
    DataTransformerConfig,
    DynamicConfigValue,
    Threshold,
    ThresholdsMode,
    VariableRefresh,
)
from grafana_foundation_sdk.models.heatmap import HeatmapColorMode
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from deploy.dashboards.promql import grown, keeping, of
from deploy.runbook_links import base_url, runbook_url

Kind = Literal["lines", "stack", "stat", "light", "heatmap", "table", "alerts"]

SOURCE = DataSourceRef(type_val="prometheus", uid="${datasource}")
COLUMNS, HEIGHT = 24, 8
WIDTH = {"lines": 12, "stack": 12, "stat": 6, "light": 4, "heatmap": 12, "table": 12, "alerts": 24}
HEIGHTS = {"light": 5}
"""Heights other than `HEIGHT`, in Grafana's grid: twelve lights and the alerts fit on a screen."""


class Query(NamedTuple):
    """A PromQL query and the legend of its series. With a `unit` it has no colour."""

    expr: str
    legend: str = ""
    unit: str = ""


class Limit(NamedTuple):
    """A value from which a panel has another colour."""

    value: float
    colour: str


class Panel(NamedTuple):
    """A panel: title, unit, a description that says how to read it, and queries."""

    title: str
    unit: str
    description: str
    queries: tuple[Query, ...]
    kind: Kind = "lines"
    limits: tuple[Limit, ...] = ()
    below: str = "green"  # the colour below the first limit
    runbook: str = ""  # an alert on the same figure, whose runbook the panel links to
    nothing: str = ""  # what it shows if there is no series


class Row(NamedTuple):
    """Panels under a common heading."""

    title: str
    panels: tuple[Panel, ...]


class Page(NamedTuple):
    """A dashboard. `choices` are further variables: (label, metric that has this label)."""

    uid: str
    title: str
    description: str
    rows: tuple[Row, ...]
    choices: tuple[tuple[str, str], ...] = ()


class Mark(NamedTuple):
    """An annotation in every panel: `text` is shown at the times when `expr` has a result."""

    name: str
    colour: str
    text: str
    expr: str


MARKS = (
    Mark(
        "Lists",
        "blue",
        "New list version: {{version}}",
        f"{of('holdgate_list_current_info')}"
        f" unless on (version) {of('holdgate_list_current_info')} offset 1m",
    ),
    Mark(
        "Policy",
        "purple",
        "New policy in use: {{policy}}",
        f"count {keeping('policy')} ({of('holdgate_build_info')})"
        f" unless on (policy) count {keeping('policy')} ({of('holdgate_build_info')} offset 1m)",
    ),
    Mark(
        "Deploy",
        "green",
        "New engine in use: {{engine}}",
        f"count {keeping('engine')} ({of('holdgate_build_info')})"
        f" unless on (engine) count {keeping('engine')} ({of('holdgate_build_info')} offset 1m)",
    ),
    Mark(
        "Replay",
        "orange",
        "Replay, redrive or rollback, or most payments were repetitions",
        f"{grown('holdgate_operations_total', over='1m')} > 0"
        f" or {grown('holdgate_redriven_total', over='1m')} > 0"
        f" or {of('gate:holdgate_claims_again:ratio_rate10m')} > 0.5",
    ),
)


def build(page: Page) -> Any:
    """Return the Grafana dashboard of a page."""
    builder = (
        dashboard.Dashboard(page.title)
        .uid(page.uid)
        .description(page.description)
        .tags(["holdgate"])
        .editable()
        .time("now-3h", "now")
        .refresh("30s")
        .timezone("browser")
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .with_variable(dashboard.DatasourceVariable("datasource").label("Data source").type("prometheus"))
        .with_variable(_one("cluster", 'up{gate!=""}'))
        .with_variable(_one("namespace", 'up{gate!="", cluster=~"$cluster"}'))
        .with_variable(_one("gate", 'up{gate!="", cluster=~"$cluster", namespace=~"$namespace"}'))
        .link(
            dashboard.DashboardLink("Holdgate")
            .type(DashboardLinkType.DASHBOARDS)
            .tags(["holdgate"])
            .as_dropdown(True)
            .keep_time(True)
            .include_vars(True)
        )
        .link(
            dashboard.DashboardLink("Runbooks")
            .type(DashboardLinkType.LINK)
            .url(base_url())
            .target_blank(True)
        )
    )
    for name, metric in page.choices:
        builder = builder.with_variable(_choice(name, metric))
    for mark in MARKS:
        builder = builder.annotation(_annotation(mark))
    for row in page.rows:
        builder = builder.with_row(dashboard.Row(row.title))
        for panel in row.panels:
            builder = builder.with_panel(_panel(panel))
    return builder.build()


def _one(label: str, metric: str) -> dashboard.QueryVariable:
    """Return a variable with one value of a label, empty if no series has the label."""
    return (
        dashboard.QueryVariable(label)
        .label(label.capitalize())
        .datasource(SOURCE)
        .query(f"label_values({metric}, {label})")
        .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
    )


def _choice(name: str, metric: str) -> dashboard.QueryVariable:
    """Return a variable with the values of a metric's label; all of them are selected at first."""
    return (
        dashboard.QueryVariable(name)
        .label(name.capitalize())
        .datasource(SOURCE)
        .query(f"label_values({of(metric)}, {name})")
        .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
        .multi(True)
        .include_all(True)
        .all_value(".*")
    )


def _annotation(mark: Mark) -> dashboard.AnnotationQuery:
    return (
        dashboard.AnnotationQuery()
        .name(mark.name)
        .datasource(SOURCE)
        .enable(True)
        .icon_color(mark.colour)
        .expr(mark.expr)
        .step("1m")
        .text_format(mark.text)
    )


def _panel(panel: Panel) -> Any:
    targets = [_target(panel, query, chr(65 + at)) for at, query in enumerate(panel.queries)]
    builder = _KINDS[panel.kind](panel)
    builder = (
        builder.title(panel.title)
        .description(panel.description)
        .datasource(SOURCE)
        .height(HEIGHTS.get(panel.kind, HEIGHT))
        .span(WIDTH[panel.kind])
    )
    if panel.limits or panel.kind == "light":
        steps = [
            Threshold(None, panel.below),
            *(Threshold(limit.value, limit.colour) for limit in panel.limits),
        ]
        builder = builder.thresholds(dashboard.ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(steps))
    if panel.nothing:
        builder = builder.no_value(panel.nothing)
    if panel.runbook:
        link = dashboard.DashboardLink(f"Runbook {panel.runbook}").type(DashboardLinkType.LINK)
        builder = builder.links([link.url(runbook_url(panel.runbook)).target_blank(True)])
    for query in panel.queries:
        if query.unit:
            plain = {"mode": "fixed", "fixedColor": "text"}
            properties = [DynamicConfigValue("unit", query.unit), DynamicConfigValue("color", plain)]
            builder = builder.override_by_name(query.legend, properties)
    for target in targets:
        builder = builder.with_target(target)
    return builder


def _target(panel: Panel, query: Query, ref: str) -> prometheus.Dataquery:
    target = prometheus.Dataquery().expr(query.expr).legend_format(query.legend).ref_id(ref)
    if panel.kind == "heatmap":
        target = target.format(PromQueryFormat.HEATMAP)
    if panel.kind in ("table", "alerts"):
        target = target.format(PromQueryFormat.TABLE).instant()
    return target


def _lines(panel: Panel) -> timeseries.Panel:
    legend = (
        common.VizLegendOptions()
        .display_mode(options.LegendDisplayMode.TABLE)
        .placement(options.LegendPlacement.BOTTOM)
        .show_legend(True)
        .calcs(["lastNotNull", "max"])
    )
    lines = timeseries.Panel().unit(panel.unit).min(0).legend(legend)
    if panel.limits:
        dashed = common.GraphThresholdsStyleConfig().mode(options.GraphThresholdsStyleMode.DASHED)
        lines = lines.thresholds_style(dashed)
    return lines


def _stack(panel: Panel) -> timeseries.Panel:
    stacking = common.StackingConfig().mode(options.StackingMode.NORMAL)
    return _lines(panel).stacking(stacking).fill_opacity(30)


def _stat(panel: Panel) -> stat.Panel:
    return stat.Panel().unit(panel.unit)


def _light(panel: Panel) -> stat.Panel:
    """Return figures without graphs, before a background that has the colour of the threshold."""
    return (
        stat.Panel()
        .unit(panel.unit)
        .color_mode(options.BigValueColorMode.BACKGROUND)
        .graph_mode(options.BigValueGraphMode.NONE)
    )


def _heatmap(panel: Panel) -> heatmap.Panel:
    axis = heatmap.YAxisConfig().unit(panel.unit)
    colour = heatmap.HeatmapColorOptions().mode(HeatmapColorMode.SCHEME).scheme("Oranges").steps(64)
    return heatmap.Panel().unit(panel.unit).y_axis(axis).color(colour)


def _table(panel: Panel) -> table.Panel:
    return table.Panel().unit(panel.unit)


def _alerts(panel: Panel) -> table.Panel:
    """Return a table of firing alerts, each with a link to its runbook."""
    hidden = dict.fromkeys(("Time", "Value", "alertstate", "__name__", "job", "cluster", "namespace"), True)
    order = {"severity": 0, "alertname": 1, "gate": 2}
    link = {"title": "Runbook", "url": f"{base_url()}/${{__value.raw}}.md", "targetBlank": True}
    return (
        table.Panel()
        .unit(panel.unit)
        .with_transformation(
            DataTransformerConfig("organize", options={"excludeByName": hidden, "indexByName": order})
        )
        .override_by_name("alertname", [DynamicConfigValue("links", [link])])
    )


_KINDS: dict[Kind, Any] = {
    "lines": _lines,
    "stack": _stack,
    "stat": _stat,
    "light": _light,
    "alerts": _alerts,
    "heatmap": _heatmap,
    "table": _table,
}


def queries(pages: Sequence[Page]) -> list[tuple[Page, Panel, Query]]:
    """Return every query of these dashboards with its page and panel."""
    return [
        (page, panel, query)
        for page in pages
        for row in page.rows
        for panel in row.panels
        for query in panel.queries
    ]
