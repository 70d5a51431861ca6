"""Screen a range of payments again: show, publish or reissue the decisions that would change."""
