"""Service: reads payments, publishes decisions."""
