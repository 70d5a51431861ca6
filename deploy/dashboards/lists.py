"""Dashboard *Lists*: does every worker screen with the current lists, whole and fresh?"""

from deploy.dashboards.panels import Page, Panel, Query, Row
from deploy.dashboards.promql import most, of

AGE, LIMIT, ENTRIES = "holdgate_list_age_seconds", "holdgate_list_age_limit_seconds", "holdgate_list_entries"

VERSIONS = Row(
    "Versions",
    (
        Panel(
            "Current snapshot",
            "none",
            "What every worker has to screen with, by the pointer in Redis.",
            (Query(of("holdgate_list_current_info"), "{{version}}"),),
            "table",
        ),
        Panel(
            "Version by worker",
            "none",
            "What each worker screens with. Another one than the current for two minutes calls somebody.",
            (Query(of("holdgate_list_info"), "{{instance}} {{version}}"),),
            "table",
        ),
        Panel(
            "Versions in use",
            "short",
            "How many different snapshots workers screen with: one, but for the seconds of a change.",
            (Query(f"count (count by (version) ({of('holdgate_list_info')}))", "versions"),),
        ),
        Panel(
            "Engines and policies in use",
            "short",
            "How many different ones decide: one, but during a deployment.",
            (Query(f"count (count by (engine, policy) ({of('holdgate_build_info')}))", "kinds"),),
        ),
    ),
)

FRESHNESS = Row(
    "Freshness",
    (
        Panel(
            "Age",
            "s",
            "Time since each list was last known to be true. Beyond its limit every payment is held.",
            (
                Query(most(AGE, "list"), "{{list}}"),
                Query(most(LIMIT, "list"), "limit {{list}}"),
            ),
        ),
        Panel(
            "Share of the limit",
            "percentunit",
            "At 75 % a ticket, at 100 % a call. Samples that the policy exempts are not judged.",
            (Query(f"{most(AGE, 'list')} / {most(LIMIT, 'list')}", "{{list}}"),),
        ),
        Panel(
            "Samples in use",
            "short",
            "Lists whose age the policy does not judge. Never on a gate that screens real payments.",
            (Query(most("holdgate_list_freshness_exempt", "list"), "{{list}}"),),
            "stat",
        ),
    ),
)

CONTENT = Row(
    "Content",
    (
        Panel(
            "Entries",
            "short",
            "Listed parties by list. Half of them gone at once is refused.",
            (Query(most(ENTRIES, "list"), "{{list}}"),),
        ),
        Panel(
            "Last delta",
            "short",
            "Entries more or fewer than a day ago.",
            (Query(f"{most(ENTRIES, 'list')} - max by (list) ({of(ENTRIES)} offset 1d)", "{{list}}"),),
        ),
        Panel(
            "Canary misses",
            "short",
            "Listed names that did not find their own entry when the snapshot was loaded. One is too many.",
            (Query(of("holdgate_canary_missed"), "{{instance}}"),),
        ),
        Panel(
            "Canary names",
            "short",
            "Listed names that were asked for at the last load.",
            (Query(of("holdgate_canary_names"), "{{instance}}"),),
        ),
        Panel(
            "Snapshot size",
            "bytes",
            "Bytes that a worker loads out of Redis.",
            (Query(most("holdgate_list_snapshot_bytes"), "snapshot"),),
        ),
        Panel(
            "Swap time",
            "s",
            "What each worker's last load took, beside its screening.",
            (Query(of("holdgate_list_load_seconds"), "{{instance}}"),),
        ),
    ),
)

PAGE = Page(
    "holdgate-lists",
    "Holdgate: Lists",
    "Does every worker screen with the current lists, whole and fresh?",
    (VERSIONS, FRESHNESS, CONTENT),
)
