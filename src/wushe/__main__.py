"""``python -m wushe``."""

from wushe.cli import main

if __name__ == "__main__":
    main()
