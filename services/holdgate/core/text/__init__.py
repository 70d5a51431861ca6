"""Listed names inside free text and addresses.

words -> postings -> occurrences -> co-occurrence -> span expansion -> acceptance (see finder.py)
"""
