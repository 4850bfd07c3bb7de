"""``python -m fasciscan``, which is the command ``fasciscan``."""

from fasciscan.cli import main

if __name__ == "__main__":
    main()
