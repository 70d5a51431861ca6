"""One look at everything that runs: `holdgate status`."""
