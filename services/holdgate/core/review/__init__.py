"""Review: how people resolve a hold. Pure: events in, cases out; time comes in events.

`event` has what is written, `case` what follows from it, `reducer` how. `review_rules` are those of
deploy/review.toml, `due_times` says when a case is due, `permissions` who may do what.
"""
