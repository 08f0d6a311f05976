"""The rules of the house, checked by machine. CONTRIBUTING.md lists them."""
