"""`python -m holdgate`: the same as the `holdgate` command."""

from holdgate.cli.main import main

if __name__ == "__main__":
    main(prog_name="holdgate")
