"""Dead letters: list, show, redrive or discard records that could not be read or screened."""
