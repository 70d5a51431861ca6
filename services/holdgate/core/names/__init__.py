"""Names: analysis into tokens, the index of listed names, candidates, alignment and score."""
