"""Kafka: the worker's consumer and producer, logs read by range, topics, offsets, access."""
