"""Dashboard *Runtime*: what do the processes, Redis and Kafka have left?"""

from deploy.dashboards.panels import Page, Panel, Query, Row
from deploy.dashboards.promql import RATE, grown, mean, of, rate

PROCESSES = Row(
    "Processes",
    (
        Panel(
            "CPU",
            "percentunit",
            "Of one core, by process. A worker is one core's work: near 100 % start more of them.",
            (Query(f"rate({of('process_cpu_seconds_total')}[{RATE}])", "{{job}} {{instance}}"),),
        ),
        Panel(
            "Memory",
            "bytes",
            "Held by each process. Steps up at a change of lists, and down again.",
            (Query(of("process_resident_memory_bytes"), "{{job}} {{instance}}"),),
        ),
        Panel(
            "Up since",
            "s",
            "Three starts within half an hour are a ticket.",
            (Query(f"time() - {of('process_start_time_seconds')}", "{{job}} {{instance}}"),),
        ),
        Panel(
            "Open files and connections",
            "short",
            "That only ever grow are a leak.",
            (Query(of("process_open_fds"), "{{job}} {{instance}}"),),
        ),
    ),
)

WORK = Row(
    "Work",
    (
        Panel(
            "Records in a batch",
            "short",
            "Mean over workers. Near HOLDGATE_BATCH they are behind.",
            (Query(mean("holdgate_batch_records"), "records"),),
        ),
        Panel(
            "Names",
            "reqps",
            "Asked, answered from the cache, listed names looked at, and compared in full, a second.",
            tuple(
                Query(rate(metric), legend)
                for metric, legend in (
                    ("holdgate_names_total", "asked"),
                    ("holdgate_name_cache_hits_total", "from the cache"),
                    ("holdgate_candidates_total", "looked at"),
                    ("holdgate_comparisons_total", "compared"),
                )
            ),
        ),
        Panel(
            "Claims",
            "reqps",
            "First decisions, the same ones again, and other content under a known id.",
            (Query(rate("holdgate_claims_total", "outcome"), "{{outcome}}"),),
            "stack",
        ),
        Panel(
            "Dead letters left",
            "short",
            "What each worker may still write in this minute before it stops with exit code 5.",
            (Query(of("holdgate_dead_letters_left"), "{{instance}}"),),
        ),
    ),
)

REDIS = Row(
    "Redis",
    (
        Panel(
            "Memory of Redis",
            "bytes",
            "In use, and what it may use. Full, it takes no claim and payments wait.",
            (
                Query(of("holdgate_redis_memory_bytes"), "in use"),
                Query(of("holdgate_redis_memory_limit_bytes"), "limit"),
            ),
        ),
        Panel(
            "Keys evicted",
            "short",
            "Since Redis started. Anything but 0 is wrong: without its claim a payment may be decided twice.",
            (Query(of("holdgate_redis_evicted_keys"), "evicted"),),
        ),
        Panel(
            "Connections to Redis",
            "short",
            "Of workers, lists service, probe and people.",
            (Query(of("holdgate_redis_clients"), "connections"),),
        ),
        Panel(
            "Calls repeated",
            "reqps",
            "Each is a call to Redis that failed, or five seconds more of waiting for Kafka.",
            (Query(rate("holdgate_retries_total", "system"), "{{system}}"),),
        ),
    ),
)

KAFKA = Row(
    "Kafka",
    (
        Panel(
            "Answers the probe",
            "bool",
            "Whether Kafka and Redis answered the probe's last look.",
            (Query(of("holdgate_system_up"), "{{system}}"),),
        ),
        Panel(
            "Workers in the group",
            "short",
            "By Kafka's count. Fewer than run: some are being let in, or lost.",
            (Query(of("holdgate_group_members"), "members"),),
        ),
        Panel(
            "Writing to Kafka",
            "s",
            "Mean time until a batch's decisions stand on every replica in sync.",
            (Query(mean("holdgate_stage_seconds", where='stage="publish"'), "publish"),),
        ),
        Panel(
            "Replays, redrives and rollbacks",
            "short",
            "What ended by the audit, by hand or by rescreening. More than twelve an hour are a ticket.",
            (Query(grown("holdgate_operations_total", "action, outcome"), "{{action}} {{outcome}}"),),
            "stack",
        ),
        Panel(
            "Null records",
            "reqps",
            "Tombstones that were passed over: they are nobody's payment.",
            (Query(rate("holdgate_tombstones_total"), "null"),),
        ),
    ),
)

PAGE = Page(
    "holdgate-runtime",
    "Holdgate: Runtime",
    "What do the processes, Redis and Kafka have left?",
    (PROCESSES, WORK, REDIS, KAFKA),
)
