"""The lists service: reads, checks, signs and publishes list snapshots."""
