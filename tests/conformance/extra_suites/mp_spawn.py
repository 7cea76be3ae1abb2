"""The multiprocessing tests under the spawn method, where `test_multiprocessing_spawn` is not installed.

Owns nothing: it asks CPython's shared test module to put its classes here, as that suite does.
"""

import test._test_multiprocessing

test._test_multiprocessing.install_tests_in_module_dict(globals(), "spawn")
