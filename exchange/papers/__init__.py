"""The papers that travel with a load, drawn from one folder of facts: what a driver carries, on paper or offline."""
