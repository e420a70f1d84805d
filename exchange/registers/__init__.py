"""Registers of waste and the draft of the yearly report as tables for people: CSV, XLSX and PDF."""
