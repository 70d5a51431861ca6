"""Logs: one JSON object per line on stderr. Values are JSON-encoded, so no payload can forge a line."""

import logging
import sys

import structlog

SLOW_TASKS = "kafka.net.selector"
"""kafka-python's logger for its own tasks that ran for more than 0.1 s. On a busy machine any of them does,
and an operator of Holdgate cannot do anything about it."""


def configure(level: str = "info") -> None:
    """Send the messages of structlog and the libraries to stderr, from `level` up."""
    steps: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*steps, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*steps, structlog.stdlib.add_logger_name],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(getattr(logging, level.upper()))
    for chatty in ("aiokafka", "kafka", "faust", "mode"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    logging.getLogger(SLOW_TASKS).setLevel(logging.ERROR)
