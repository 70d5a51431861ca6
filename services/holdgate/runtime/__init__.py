"""What every process stands on: settings, logs, health, shutdown, errors, metric labels."""
