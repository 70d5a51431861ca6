"""The process `holdgate review`: opens cases, enforces the rules, and disposes of approved cases."""
