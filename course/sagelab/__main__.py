"""python -m sagelab."""

from sagelab.cli import main

main()
