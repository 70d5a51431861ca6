"""Kafka: the worker's consumer and producer, reading and writing for commands, topics, offsets, access."""
