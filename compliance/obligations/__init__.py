"""Who has to do what by when: from state values to deadlines. Pure: no clock, no database.

A caller holds some state in memory and asks for one key after the other::

    shared = load(base_keys())                        # once: the law's timeline and the published calendars
    shared |= load(further_base_keys(shared))         #   … and the tables of each regime
    view = View.of(shared)

    values = load(keys)                               # then thousands of keys at a time
    values |= load(further for key in keys for further in keys_of(key, values[key], values))
    values |= load(...)                               # once more: what the first round led to
    over = view.over(values)                          # keeps what the view worked out about law and days
    rows = [row for key in keys for row in obligations_of(key, values[key], over)]

``dependents_of(key, value)`` tells whose obligations a changed value changes besides its own, so a follower
makes the rows of ``[key, *dependents_of(...)]`` anew. A new regime, a published calendar or a site's other time zone
may change any of them (``SWEEPING``).

An obligation says nothing of today: ``Obligation.standing`` does, for any day. ``closed_on`` may lie after that day,
also in the future. Nothing is returned that would take a calendar of a year of which nothing is known; with the year
published it is.
"""
