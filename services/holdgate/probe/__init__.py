"""Service: tests the gate from outside, as a payment system would, and exports the results as metrics."""
