"""`python -m mailsec`."""

from mailsec.cli.main import main

if __name__ == "__main__":
    main()
