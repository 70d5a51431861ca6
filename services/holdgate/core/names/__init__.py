"""Names: which listed names agree with what stands in the name fields of a payment.

From the ground up: `words` (a name as weighed tokens), `index` (the listed names), `matching` (candidates,
alignment, score) and `fields` (a field may hold more than a name).
"""
