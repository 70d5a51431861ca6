"""On-call: a range of payments screened again, and what would change."""
