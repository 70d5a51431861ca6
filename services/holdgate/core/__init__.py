"""The pure part: decides, and touches neither clock, network, Kafka nor Redis."""
