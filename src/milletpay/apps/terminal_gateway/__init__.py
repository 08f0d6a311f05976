"""The terminal gateway: card terminals speak ISO 8583 to it over TCP, and it asks the desk.

A process of its own: what strangers send to its port can at worst cost this process.
"""
