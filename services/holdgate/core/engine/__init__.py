"""The decision: payment, snapshot and policy to HOLD or RELEASE with its matches."""
