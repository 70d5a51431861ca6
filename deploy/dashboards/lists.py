"""Dashboard *Lists*: does every worker screen with the current lists, whole and fresh?"""

from deploy.dashboards.panels import Page, Panel, Query, Row
from deploy.dashboards.promql import RANGE, grown, most, of

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
            "Entries added, removed and changed when lists last changed, since the lists service started.",
            (Query(of("holdgate_lists_changes"), "{{list}} {{change}}"),),
            "table",
        ),
        Panel(
            "Grown since yesterday",
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

SERVICE = Row(
    "Lists service",
    (
        Panel(
            "Rounds",
            "short",
            "What each round came to: published, a list refused or not fetched, or Kafka or Redis away.",
            (Query(grown("holdgate_lists_rounds_total", "outcome"), "{{outcome}}"),),
        ),
        Panel(
            "Since the last publication",
            "s",
            "A ticket at three times the time between two rounds.",
            (
                Query(f"time() - {of('holdgate_lists_published_timestamp_seconds')}", "published"),
                Query(f"3 * {of('holdgate_lists_refresh_seconds')}", "ticket"),
            ),
        ),
        Panel(
            "Sources read",
            "s",
            "Time since each source was last read whole. One that grows alone is refused or not fetched.",
            (Query(f"time() - {of('holdgate_lists_read_timestamp_seconds')}", "{{list}}"),),
        ),
        Panel(
            "Failing sources",
            "short",
            "Which list ended the last round: refused is a ticket, not fetched for an hour as well.",
            (Query(of("holdgate_lists_failing"), "{{list}} {{why}}"),),
            "table",
        ),
        Panel(
            "Failures by source",
            "short",
            "Rounds that a list ended, over the time chosen: a server that is away now and then.",
            (Query(grown("holdgate_lists_failures_total", "list, why", over=RANGE), "{{list}} {{why}}"),),
            "table",
        ),
        Panel(
            "Age of what was published",
            "s",
            "Time since each list was known to be true when it was published last.",
            (Query(f"time() - {of('holdgate_lists_as_of_timestamp_seconds')}", "{{list}}"),),
        ),
        Panel(
            "Entries published",
            "short",
            "Listed parties by list in what was published last; workers take it up within seconds.",
            (Query(of("holdgate_lists_entries"), "{{list}}"),),
        ),
        Panel(
            "Size published",
            "bytes",
            "Bytes of the snapshot that was published last.",
            (Query(of("holdgate_lists_snapshot_bytes"), "snapshot"),),
        ),
        Panel(
            "Build time",
            "s",
            "What reading, merging and indexing the sources took in the last round.",
            (Query(of("holdgate_lists_build_seconds"), "build"),),
        ),
    ),
)

RESCREENING = Row(
    "After a change",
    (
        Panel(
            "Recent payments screened again",
            "short",
            "When lists changed: nothing decided otherwise, reissued, refused as too many, or failed.",
            (Query(grown("holdgate_rescreens_total", "outcome"), "{{outcome}}"),),
        ),
        Panel(
            "Decisions reissued",
            "short",
            "Held, released, or held for another reason by other lists than they were decided with.",
            (Query(grown("holdgate_rescreen_reissued_total", "kind", over=RANGE), "{{kind}}"),),
        ),
        Panel(
            "Waiting to be screened again",
            "s",
            "Since when the current lists wait to be screened with again. Half an hour is a ticket.",
            (Query(of("holdgate_rescreen_pending_seconds"), "waiting"),),
        ),
        Panel(
            "Too many to be written unasked",
            "short",
            "Decisions that would be other ones and wait for somebody to look at the plan. Calls somebody.",
            (Query(of("holdgate_rescreen_refused_decisions"), "decisions"),),
            "stat",
        ),
    ),
)

PAGE = Page(
    "holdgate-lists",
    "Holdgate: Lists",
    "Does every worker screen with the current lists, whole and fresh?",
    (VERSIONS, FRESHNESS, CONTENT, SERVICE, RESCREENING),
)
