"""What goes in and out: payments, decisions, evidence, listed entries, and the fields that are screened."""
