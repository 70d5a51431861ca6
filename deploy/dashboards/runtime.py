"""Dashboard *Runtime*: how much capacity do the processes, Redis and Kafka have left?"""

from deploy.dashboards.panels import Limit, Page, Panel, Query, Row
from deploy.dashboards.promql import RATE, grown, mean, of, rate

USED = "gate:holdgate_capacity_used:ratio_rate5m"

PROCESSES = Row(
    "Processes",
    (
        Panel(
            "CPU",
            "percentunit",
            "Share of one core, by process. A worker uses one core; near 100 %, start more workers.",
            (Query(f"rate({of('process_cpu_seconds_total')}[{RATE}])", "{{job}} {{instance}}"),),
            limits=(Limit(0.8, "orange"),),
        ),
        Panel(
            "Capacity in use",
            "percentunit",
            "Mean share of its core that a worker uses, now and in four hours at the growth of the last hour."
            " Above 90 %: ticket; at 100 % payments wait.",
            (
                Query(of(USED), "now"),
                Query(f"predict_linear({of(USED)}[1h], 4 * 3600)", "in four hours"),
            ),
            limits=(Limit(0.9, "orange"), Limit(1, "red")),
            runbook="HoldgateCapacityShort",
        ),
        Panel(
            "Memory",
            "bytes",
            "Memory of each process. It rises while a new list version is loaded, and falls again.",
            (Query(of("process_resident_memory_bytes"), "{{job}} {{instance}}"),),
        ),
        Panel(
            "Uptime",
            "s",
            "Time since each process started. Three starts of a worker within half an hour: ticket.",
            (Query(f"time() - {of('process_start_time_seconds')}", "{{job}} {{instance}}"),),
        ),
        Panel(
            "Open files and connections",
            "short",
            "If the number only grows, the process leaks files or connections.",
            (Query(of("process_open_fds"), "{{job}} {{instance}}"),),
        ),
    ),
)

WORK = Row(
    "Work",
    (
        Panel(
            "Batch size",
            "short",
            "Mean number of records per batch. Close to HOLDGATE_BATCH, the workers do not keep up.",
            (Query(mean("holdgate_batch_records"), "records"),),
        ),
        Panel(
            "Names",
            "reqps",
            "Per second: names matched, answered from the cache, candidates considered, candidates scored.",
            tuple(
                Query(rate(metric), legend)
                for metric, legend in (
                    ("holdgate_names_total", "matched"),
                    ("holdgate_name_cache_hits_total", "from the cache"),
                    ("holdgate_candidates_total", "candidates"),
                    ("holdgate_comparisons_total", "scored"),
                )
            ),
        ),
        Panel(
            "Claims",
            "reqps",
            "First decisions, repetitions, and changed content under a known payment id.",
            (Query(rate("holdgate_claims_total", "outcome"), "{{outcome}}"),),
            "stack",
        ),
        Panel(
            "Dead letters left",
            "short",
            "Dead letters each worker may still write in this minute. With more it stops (exit code 5) if"
            " they are most of its records.",
            (Query(of("holdgate_dead_letters_left"), "{{instance}}"),),
        ),
        Panel(
            "Quarantined records",
            "reqps",
            "Unreadable records of senders that sent too many; they wait in payments.quarantined.",
            (Query(rate("holdgate_quarantined_records_total"), "quarantined"),),
        ),
    ),
)

REDIS = Row(
    "Redis",
    (
        Panel(
            "Redis memory",
            "bytes",
            "Memory in use, and the limit. When Redis is full it rejects claims, and payments wait.",
            (
                Query(of("holdgate_redis_memory_bytes"), "in use"),
                Query(of("holdgate_redis_memory_limit_bytes"), "limit"),
            ),
        ),
        Panel(
            "Keys evicted",
            "short",
            "Since Redis started. Must be 0: without its claim a payment may be decided twice.",
            (Query(of("holdgate_redis_evicted_keys"), "evicted"),),
            limits=(Limit(1, "red"),),
            runbook="HoldgateRedisEvictions",
        ),
        Panel(
            "Redis connections",
            "short",
            "Connections of the workers, the services and people.",
            (Query(of("holdgate_redis_clients"), "connections"),),
        ),
        Panel(
            "Retries",
            "reqps",
            "Each retry is a failed call to Redis, or five more seconds of waiting for Kafka.",
            (Query(rate("holdgate_retries_total", "system"), "{{system}}"),),
        ),
    ),
)

KAFKA = Row(
    "Kafka",
    (
        Panel(
            "Reachable for the probe",
            "bool",
            "Whether Kafka and Redis answered the probe's last check.",
            (Query(of("holdgate_system_up"), "{{system}}"),),
        ),
        Panel(
            "Workers in the group",
            "short",
            "Members of the consumer group according to Kafka. Fewer than running workers: a"
            " rebalance or a lost one.",
            (Query(of("holdgate_group_members"), "members"),),
        ),
        Panel(
            "Time to publish",
            "s",
            "Mean time until every in-sync replica has a batch's decisions.",
            (Query(mean("holdgate_stage_seconds", where='stage="publish"'), "publish"),),
        ),
        Panel(
            "Replays, redrives and rollbacks",
            "short",
            "Operations that ended, according to the audit. More than twelve replays and"
            " redrives per hour: ticket.",
            (Query(grown("holdgate_operations_total", "action, outcome"), "{{action}} {{outcome}}"),),
            "stack",
        ),
        Panel(
            "Records without a value",
            "reqps",
            "Tombstones are skipped: they are not payments.",
            (Query(rate("holdgate_tombstones_total"), "tombstones"),),
        ),
    ),
)

AUDIT = Row(
    "Audit",
    (
        Panel(
            "Differences from what was signed",
            "short",
            "Partitions whose records, leaves or checkpoints were changed, by topic. Must be 0; pages.",
            (Query(of("holdgate_audit_findings"), "{{topic}}"),),
            limits=(Limit(1, "red"),),
            runbook="HoldgateAuditBroken",
        ),
        Panel(
            "Time since the last verification",
            "s",
            "Above three intervals: ticket.",
            (
                Query(f"time() - {of('holdgate_audit_verified_timestamp_seconds')}", "verified"),
                Query(f"3 * {of('holdgate_audit_interval_seconds')}", "ticket"),
            ),
        ),
        Panel(
            "Rounds of the audit",
            "short",
            "Result of each round: intact, broken, or not completed.",
            (Query(grown("holdgate_audit_rounds_total", "outcome"), "{{outcome}}"),),
        ),
        Panel(
            "Signed leaves",
            "short",
            "Leaves under a signed checkpoint, by topic.",
            (Query(of("holdgate_audit_leaves"), "{{topic}}"),),
        ),
        Panel(
            "Duration of a round",
            "s",
            "Time to sign new records and to verify all. Keep it well below the interval.",
            (Query(of("holdgate_audit_seconds"), "round"),),
        ),
    ),
)

PAGE = Page(
    "holdgate-runtime",
    "Holdgate: Runtime",
    "How much capacity do the processes, Redis and Kafka have left?",
    (PROCESSES, WORK, REDIS, KAFKA, AUDIT),
)
