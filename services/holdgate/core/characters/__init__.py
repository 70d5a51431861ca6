"""What a text says, whatever its characters are: look-alike letters, wrong encodings, telegraph codes.

Imports nothing else of core.
"""
