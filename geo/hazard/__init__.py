"""External safety distance: from an inventory to individual-risk contours, societal risk and a verdict.

Method of GB/T 37243-2019 with the criteria of GB 36894-2018. The way of a computation, one module or package a step::

    plant           what stands where and holds what
    tables          every number of a standard, with source and standing                       (tables/*.csv)
    substances      names, limits, heats; fluids: densities, pressures
    classification  rows of GB 18218-2018 that a content falls under
    major_hazard    is a unit a major hazard installation, of which grade        GB 18218-2018
    routing         which method gives the external safety distance, and why      GB/T 37243-2019, clause 4
    criteria        limits of risk and overpressure, classes of protection targets            GB 36894-2018
    scenarios       losses of containment with frequency and duration
    event_trees     what becomes of a release, with which probability
    releases        what comes out: rate or mass, phase, flash, pool
    dispersion      where the cloud goes: concentrations and doses
    fires, blasts   heat radiation and overpressure
    vulnerability   probability of death from dose, heat and blast
    events          end events of a release in a weather, each with its footprint of lethality
    kernel          all events of one piece of equipment as one polar field of risk
    risk            kernels stamped on the ground: individual risk, contours, ranking, societal risk
    distance        external safety distance by criterion and direction, targets, verdicts, uncertainty
    domino          who can knock over whom
    validation      the models against field trials and published tables

Everything here is a pure function of its arguments. Quantities are SI with the unit in the name; pressures are
absolute unless a name says gauge. Angles of directions are azimuths: clockwise from north.
"""
