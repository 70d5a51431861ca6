"""Service: payments in, decisions out."""
