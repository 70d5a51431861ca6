"""Service: looks at the gate from outside, as a payment system would, and says what it sees as metrics."""
