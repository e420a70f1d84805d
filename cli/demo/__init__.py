"""The demonstration: a catalogue of real facts and the fictitious parties that act on them."""
