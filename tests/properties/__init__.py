"""Random histories against an independent model; what must always hold."""
