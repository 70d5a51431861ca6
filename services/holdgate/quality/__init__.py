"""Measurements of matching on reference data: recall, false alerts, fairness, cost."""
