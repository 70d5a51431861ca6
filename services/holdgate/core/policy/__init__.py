"""The policy: thresholds, rails, list ages, sanctioned places and goods, as a file that people read."""
