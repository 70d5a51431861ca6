"""The state of everything that runs (`holdgate status`), and of one payment (`holdgate trace`)."""
