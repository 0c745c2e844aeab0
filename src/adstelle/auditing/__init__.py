"""The independent auditor: what can be derived from everything published so far.

It knows nothing of how a release was protected and shares no code with what protects it.
`reading` takes files in, `model` turns them into integer quantities and linear facts, `solving`
finds the exact ends of a quantity, `judging` says what that means, `cli` prints it.
"""
