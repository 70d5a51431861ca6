"""Files: published lists, the archive in a folder or bucket, signing keys, the cache of indexed lists."""
