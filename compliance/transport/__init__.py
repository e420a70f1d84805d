"""What a unit is as dangerous goods: UN number, name, packing, marks, and why; dated tables and pure answers."""
