"""The engine's models against field trials and published tables, with limits that they can fail.

::

    data/*.toml          one file a trial set: measured or published values, conditions, source and standing
    trials               reading and checking of those files
    metrics              FAC2, FB, MG, VG, NMSE and the largest deviation
    limits.toml, limits  acceptance limits, each set with its paper
    predictions          the same trials through the functions that the product computes with
    evaluation           predictions beside observations, metrics, verdicts
    not_obtainable.toml  trials whose values could not be had
"""
