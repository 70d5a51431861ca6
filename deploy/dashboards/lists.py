"""Dashboard *Lists*: does every worker screen with current, complete and fresh lists?"""

from deploy.dashboards.panels import Limit, Page, Panel, Query, Row
from deploy.dashboards.promql import RANGE, grown, keeping, kinds, most, of

AGE, LIMIT, ENTRIES = "holdgate_list_age_seconds", "holdgate_list_age_limit_seconds", "holdgate_list_entries"

VERSIONS = Row(
    "Versions",
    (
        Panel(
            "Current snapshot",
            "none",
            "The snapshot that every worker should use, according to the pointer in Redis.",
            (Query(of("holdgate_list_current_info"), "{{version}}"),),
            "table",
        ),
        Panel(
            "Version by worker",
            "none",
            "The snapshot each worker uses. If it is not the current one for two minutes, it pages.",
            (Query(of("holdgate_list_info"), "{{instance}} {{version}}"),),
            "table",
        ),
        Panel(
            "Versions in use",
            "short",
            "Number of different snapshots in use: one, except for seconds during a change.",
            (Query(kinds("holdgate_list_info", "version"), "versions"),),
            limits=(Limit(2, "red"),),
            runbook="HoldgateListVersionSkew",
        ),
        Panel(
            "Engines and policies in use",
            "short",
            "Number of different engine and policy versions in use: one, except during a deployment.",
            (Query(kinds("holdgate_build_info", "engine, policy"), "versions"),),
            limits=(Limit(2, "orange"),),
            runbook="HoldgateRulesSkew",
        ),
    ),
)

FRESHNESS = Row(
    "Freshness",
    (
        Panel(
            "List age",
            "s",
            "Time since each list was last confirmed to be current. Above its limit every payment is held.",
            (
                Query(most(AGE, "list"), "{{list}}"),
                Query(most(LIMIT, "list"), "limit {{list}}"),
            ),
        ),
        Panel(
            "Age relative to the limit",
            "percentunit",
            "At 75 %: ticket; at 100 %: page. Sample lists that the policy exempts do not count.",
            (Query(f"{most(AGE, 'list')} / {most(LIMIT, 'list')}", "{{list}}"),),
            limits=(Limit(0.75, "orange"), Limit(1, "red")),
            runbook="HoldgateListStale",
        ),
        Panel(
            "Sample lists in use",
            "short",
            "Lists that the policy exempts from the maximum age. Never use one for real payments.",
            (Query(most("holdgate_list_freshness_exempt", "list"), "{{list}}"),),
            "stat",
            limits=(Limit(1, "orange"),),
        ),
    ),
)

CONTENT = Row(
    "Content",
    (
        Panel(
            "Entries",
            "short",
            "Entries by list. A list that changes more in one step than the policy allows is rejected.",
            (Query(most(ENTRIES, "list"), "{{list}}"),),
        ),
        Panel(
            "Last change",
            "short",
            "Entries added, removed and changed by the last update since the lists service started.",
            (Query(of("holdgate_lists_changes"), "{{list}} {{change}}"),),
            "table",
        ),
        Panel(
            "Growth since yesterday",
            "short",
            "Change in the number of entries over the last day.",
            (
                Query(
                    f"{most(ENTRIES, 'list')} - max {keeping('list')} ({of(ENTRIES)} offset 1d)", "{{list}}"
                ),
            ),
        ),
        Panel(
            "Canary misses",
            "short",
            "Listed names that did not find their own entry after the snapshot was loaded. Must be 0; pages.",
            (Query(of("holdgate_canary_missed"), "{{instance}}"),),
            limits=(Limit(1, "red"),),
            runbook="HoldgateCanaryMissed",
        ),
        Panel(
            "Canary names",
            "short",
            "Listed names searched after the last load.",
            (Query(of("holdgate_canary_names"), "{{instance}}"),),
        ),
        Panel(
            "Snapshot size",
            "bytes",
            "Size of the snapshot that a worker loads from Redis.",
            (Query(most("holdgate_list_snapshot_bytes"), "snapshot"),),
        ),
        Panel(
            "Load time",
            "s",
            "Duration of each worker's last load; screening continues meanwhile.",
            (Query(of("holdgate_list_load_seconds"), "{{instance}}"),),
        ),
    ),
)

SERVICE = Row(
    "Lists service",
    (
        Panel(
            "Rounds",
            "short",
            "Result of each round: published; a list rejected or not fetched; another publisher in the way;"
            " Kafka or Redis unavailable.",
            (Query(grown("holdgate_lists_rounds_total", "outcome"), "{{outcome}}"),),
        ),
        Panel(
            "Time since the last publication",
            "s",
            "Above three refresh intervals: ticket.",
            (
                Query(f"time() - {of('holdgate_lists_published_timestamp_seconds')}", "published"),
                Query(f"3 * {of('holdgate_lists_refresh_seconds')}", "ticket"),
            ),
        ),
        Panel(
            "Time since sources were read",
            "s",
            "Time since each source was last read completely. If one grows alone, it is"
            " rejected or not fetched.",
            (Query(f"time() - {of('holdgate_lists_read_timestamp_seconds')}", "{{list}}"),),
        ),
        Panel(
            "Failing sources",
            "short",
            "Lists that made the last round fail. Rejected: ticket; not fetched for an hour: ticket;"
            " another publisher: page.",
            (Query(of("holdgate_lists_failing"), "{{list}} {{why}}"),),
            "table",
            limits=(Limit(1, "red"),),
            runbook="HoldgateListsRefused",
        ),
        Panel(
            "Pinned",
            "short",
            "1 if a rollback or a publication by hand is pinned: no source is read. After an hour: ticket.",
            (Query(of("holdgate_lists_pinned"), "pinned"),),
            limits=(Limit(1, "orange"),),
            runbook="HoldgateListsPinned",
        ),
        Panel(
            "Failures by source",
            "short",
            "Rounds that each list made fail in the selected time range; shows servers that are"
            " often unavailable.",
            (Query(grown("holdgate_lists_failures_total", "list, why", over=RANGE), "{{list}} {{why}}"),),
            "table",
        ),
        Panel(
            "List age when published",
            "s",
            "Time since each list was last confirmed to be current, as of its last publication.",
            (Query(f"time() - {of('holdgate_lists_as_of_timestamp_seconds')}", "{{list}}"),),
        ),
        Panel(
            "Entries published",
            "short",
            "Entries by list in the last publication; workers load it within seconds.",
            (Query(of("holdgate_lists_entries"), "{{list}}"),),
        ),
        Panel(
            "Size published",
            "bytes",
            "Size of the last published snapshot.",
            (Query(of("holdgate_lists_snapshot_bytes"), "snapshot"),),
        ),
        Panel(
            "Build time",
            "s",
            "Time to read, merge and index the sources in the last round.",
            (Query(of("holdgate_lists_build_seconds"), "build"),),
        ),
    ),
)

RESCREENING = Row(
    "Rescreening",
    (
        Panel(
            "Rescreens",
            "short",
            "Result of rescreening after a list update: no change, reissued, too many changes, or failed.",
            (Query(grown("holdgate_rescreens_total", "outcome"), "{{outcome}}"),),
        ),
        Panel(
            "Decisions reissued",
            "short",
            "Decisions that new lists changed in the selected time range: held, released, or"
            " held for another reason.",
            (Query(grown("holdgate_rescreen_reissued_total", "kind", over=RANGE), "{{kind}}"),),
        ),
        Panel(
            "Rescreening overdue",
            "s",
            "How long the current lists have waited to be used for rescreening. Above half an hour: ticket.",
            (Query(of("holdgate_rescreen_pending_seconds"), "waiting"),),
            limits=(Limit(1800, "orange"),),
            runbook="HoldgateRescreenLate",
        ),
        Panel(
            "Rescreened decisions to confirm",
            "short",
            "Decisions that would change, more than HOLDGATE_RESCREEN_MAX. Pages until somebody"
            " has acted on the plan.",
            (Query(of("holdgate_rescreen_refused_decisions"), "decisions"),),
            "stat",
            limits=(Limit(1, "red"),),
            runbook="HoldgateRescreenRefused",
        ),
        Panel(
            "Holds that lists no longer confirm",
            "short",
            "Held payments that would be released if they were screened today. People decide on them.",
            (Query(of("holdgate_rescreen_needs_review_decisions"), "holds"),),
            "stat",
        ),
    ),
)

PAGE = Page(
    "holdgate-lists",
    "Holdgate: Lists",
    "Does every worker screen with current, complete and fresh lists?",
    (VERSIONS, FRESHNESS, CONTENT, SERVICE, RESCREENING),
)
