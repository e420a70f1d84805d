"""The ``bitacora`` command."""
