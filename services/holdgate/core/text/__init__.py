"""Listed names inside free text and addresses."""
