"""The parts of the conformance runner, which `run.py` beside this folder puts together.

Owns nothing itself. `suites`, `outcomes`, `evidence` and `namespace` stand alone, `compare` uses
`outcomes`, `interpreter` uses all but `compare` and `wheels`; none of them knows of `run.py`.
"""
