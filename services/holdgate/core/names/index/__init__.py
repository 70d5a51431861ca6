"""The index: the listed names, so arranged that those which share a word with a name are found fast."""
