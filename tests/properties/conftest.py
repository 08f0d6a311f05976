"""Property tests draw the same examples every time, so that a failure is of the change and not of the day.

`HYPOTHESIS_PROFILE=explore make test` draws new ones, and many more of them.
"""

import os

from hypothesis import settings

settings.register_profile("same", derandomize=True, deadline=None)
settings.register_profile("explore", derandomize=False, deadline=None, max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))
