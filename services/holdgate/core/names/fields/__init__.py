"""Name fields: a field may hold more than a name, so it is split and read in several ways."""
