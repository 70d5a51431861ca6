"""What reviewers do with cases, for the command line and for pages: sign in, act, and see a case as text."""
