"""`python -m milletpay.apps.cli` is the command `millet`."""

from milletpay.apps.cli import main

main(prog_name="millet")
