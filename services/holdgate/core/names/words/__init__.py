"""Words of names: a name as tokens, what kind of word each is, and how much it says."""
