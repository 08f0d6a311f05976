"""The programs: what people and other programs meet. Each translates in, makes one call, translates out."""
